import type { MachineReply } from '../api/replies.ts';
import type { Connect } from '../hooks/connect.ts';
import { chainOf, type Tried } from '../model/chain.ts';
import { verdictOf } from '../model/machine-state.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { Chain } from './chain.tsx';
import { Icon } from './icon.tsx';

interface VerdictCardProps {
  machine: MachineReply;
  connect: Connect;
}

function triedOf({ connection }: Connect): Tried {
  if (connection.state === 'open') return { outcome: 'open' };
  return connection.state === 'failed' ? { outcome: 'failed', hop: connection.failure.hop } : undefined;
}

/** Can I connect, and if not, why? With the one thing to do about it. */
export function VerdictCard({ machine, connect }: VerdictCardProps) {
  const { tone, sentence, action } = verdictOf(machine);
  const isOpening = connect.connection.state === 'opening';
  return (
    <section class="card verdict" aria-label="Connection">
      <div class="verdict-row">
        <p class="verdict-sentence">
          <Icon name={tone} tone={tone} />
          {sentence}
        </p>
        {action === 'connect' && (
          <button
            type="button"
            class="button primary large"
            aria-disabled={isOpening}
            onClick={() => !isOpening && connect.connect(machine)}
          >
            <Icon name="open" />
            {isOpening ? 'Opening' : 'Connect'}
          </button>
        )}
        {action === 'install' && (
          <Link to={addresses.install(machine.id)} class="button primary large">
            {machine.extension.state === 'failed' ? 'Install again' : 'Install'}
          </Link>
        )}
        {action === 'watch' && machine.operation && (
          <Link to={addresses.operation(machine.operation.id)} class="button primary large">
            Watch progress
          </Link>
        )}
      </div>
      <Chain links={chainOf(machine, triedOf(connect))} />
    </section>
  );
}
