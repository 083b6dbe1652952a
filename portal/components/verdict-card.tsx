import type { MachineReply } from '../api/replies.ts';
import type { Connect } from '../hooks/connect.ts';
import { chainOf, type Tried } from '../model/chain.ts';
import { type LeaseStanding, leasedVerdict, noLeases } from '../model/lease-standing.ts';
import { formatRelative, formatWhen } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { Chain } from './chain.tsx';
import { Icon } from './icon.tsx';

interface VerdictCardProps {
  machine: MachineReply;
  connect: Connect;
  now: number;
  /** What leases mean for it, where that is known. */
  standing?: LeaseStanding;
  askForLease?: () => void;
}

function triedOf({ connection }: Connect): Tried {
  if (connection.state === 'open') return { outcome: 'open' };
  return connection.state === 'failed' ? { outcome: 'failed', hop: connection.failure.hop } : undefined;
}

/** Can I connect, and if not, why? With the one thing to do about it. */
export function VerdictCard({ machine, connect, now, standing = noLeases, askForLease }: VerdictCardProps) {
  const { tone, sentence, action, until } = leasedVerdict(machine, standing, now);
  const isOpening = connect.connection.state === 'opening';
  return (
    <section class="card verdict" aria-label="Connection">
      <div class="verdict-row">
        <p class="verdict-sentence">
          <Icon name={tone} tone={tone} />
          <span>
            {sentence}
            {until && (
              <span class="second lease-left">
                Your lease ends {formatRelative(until, now)}, at {formatWhen(until, now)}.
              </span>
            )}
          </span>
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
        {action === 'request' && (
          <button type="button" class="button primary large" onClick={askForLease}>
            Request a lease
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
