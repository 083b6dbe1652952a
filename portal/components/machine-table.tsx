import type { MachineRow } from '../api/replies.ts';
import type { Connect } from '../hooks/connect.ts';
import { remainderOf } from '../model/certificate.ts';
import { complaintOf } from '../model/machine-health.ts';
import { machineStates } from '../model/machine-state.ts';
import { kindName, resourceGroupOf } from '../model/resource.ts';
import { formatAbsolute } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { Icon } from './icon.tsx';
import { StateBadge } from './state-badge.tsx';
import { TimeAgo } from './time-ago.tsx';

interface RowProps {
  machine: MachineRow;
  now: number;
  connect: Connect;
}

const installable: ReadonlySet<MachineRow['state']> = new Set(['uninstalled', 'failed', 'found', 'consent']);

/** What one can do with the machine from here: Connect, install first, or watch what runs. */
function RowAction({ machine, connect: { connect, connection } }: RowProps) {
  const { id, name, state, operation, may } = machine;
  if (operation) {
    return (
      <Link to={addresses.operation(operation.id)} class="button">
        Watch
        <span class="visually-hidden">
          {' '}
          {machineStates[state].word} on {name}
        </span>
      </Link>
    );
  }
  if (state === 'gone') return <span class="quiet">No longer in Azure</span>;
  if (installable.has(state)) {
    return may.install ? (
      <Link to={addresses.install(id)} class="button">
        Install<span class="visually-hidden"> on {name}</span>
      </Link>
    ) : (
      <span class="quiet">No right to install</span>
    );
  }
  if (!may.connect) return <span class="quiet">No right to connect</span>;
  const isOpening = connection.state === 'opening' && connection.machineId === id;
  return (
    <button
      type="button"
      class="button"
      aria-disabled={isOpening}
      onClick={() => connection.state !== 'opening' && connect(machine)}
    >
      <Icon name="open" />
      {isOpening ? 'Opening' : 'Connect'}
      <span class="visually-hidden"> {isOpening ? name : `to ${name}`}</span>
    </button>
  );
}

function Remainder({ machine: { notAfter, health }, now }: Pick<RowProps, 'machine' | 'now'>) {
  if (notAfter === null) return <span class="quiet">none</span>;
  const { words, isOver } = remainderOf(notAfter, now);
  const tone = isOver ? 'tone-bad' : health.reasons.includes('certificate_late') ? 'tone-warning' : '';
  return (
    <span class={tone} title={`Ends ${formatAbsolute(notAfter)}`}>
      {words}
    </span>
  );
}

function Row({ machine, now, connect }: RowProps) {
  const complaint = complaintOf(machine);
  return (
    <tr>
      <th scope="row">
        <Link to={addresses.machine(machine.id)}>{machine.name}</Link>
      </th>
      <td class="wide-only">
        {kindName(machine.kind)}
        <span class="second">{resourceGroupOf(machine.resourceId)}</span>
      </td>
      <td class="wide-only">{machine.osName ?? <span class="quiet">not reported</span>}</td>
      <td>
        <StateBadge state={machine.state} />
        {complaint && <span class="complaint tone-warning">Degraded: {complaint}</span>}
      </td>
      <td class="middle-up">
        <Remainder machine={machine} now={now} />
      </td>
      <td class="wide-only">
        {machine.presence.lastSeenAt ? (
          <TimeAgo at={machine.presence.lastSeenAt} now={now} />
        ) : (
          <span class="quiet">never</span>
        )}
      </td>
      <td class="row-action">
        <RowAction machine={machine} now={now} connect={connect} />
      </td>
    </tr>
  );
}

export function MachineTable({
  machines,
  now,
  connect,
  isBehind,
}: {
  machines: readonly MachineRow[];
  now: number;
  connect: Connect;
  /** They answer an earlier question; the answer to this one is on its way. */
  isBehind: boolean;
}) {
  return (
    <div class="card flush" aria-busy={isBehind}>
      <table class="table machines">
        <caption class="visually-hidden">Machines, those that need attention first</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" class="wide-only">
              Target
            </th>
            <th scope="col" class="wide-only">
              System
            </th>
            <th scope="col" class="state">
              State
            </th>
            <th scope="col" class="middle-up">
              Certificate
            </th>
            <th scope="col" class="wide-only">
              Last seen
            </th>
            <th scope="col" class="row-action">
              <span class="visually-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {machines.map((machine) => (
            <Row key={machine.id} machine={machine} now={now} connect={connect} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
