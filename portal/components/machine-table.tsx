import type { MachineReply } from '../api/replies.ts';
import type { Connect } from '../hooks/connect.ts';
import { machineStates, stateOf } from '../model/machine-state.ts';
import { kindName, resourceGroupOf } from '../model/resource.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { CertificateBar } from './certificate-bar.tsx';
import { Icon } from './icon.tsx';
import { StateBadge } from './state-badge.tsx';
import { TimeAgo } from './time-ago.tsx';

interface RowProps {
  machine: MachineReply;
  now: number;
  connect: Connect;
}

/** What one can do with the machine from here: Connect, install first, or watch what runs. */
function RowAction({ machine, now, connect: { connect, connection } }: RowProps) {
  const { name, operation, may } = machine;
  const state = stateOf(machine, now);
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
  if (state === 'uninstalled' || state === 'failed') {
    return may.install.allowed ? (
      <Link to={addresses.install(machine.id)} class="button">
        Install<span class="visually-hidden"> on {name}</span>
      </Link>
    ) : (
      <span class="quiet">No right to install</span>
    );
  }
  if (!may.connect.allowed) {
    return (
      <span class="quiet" title={`Missing: ${may.connect.missingAction ?? 'a role'}`}>
        No right to connect
      </span>
    );
  }
  const isOpening = connection.state === 'opening' && connection.machineId === machine.id;
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

function Row({ machine, now, connect }: RowProps) {
  const { certificate, presence, facts } = machine;
  return (
    <tr>
      <th scope="row">
        <Link to={addresses.machine(machine.id)}>{machine.name}</Link>
      </th>
      <td class="wide-only">
        {kindName(machine.kind)}
        <span class="second">{resourceGroupOf(machine.resourceId)}</span>
      </td>
      <td class="wide-only">{facts?.osName ?? <span class="quiet">not reported</span>}</td>
      <td>
        <StateBadge state={stateOf(machine, now)} />
      </td>
      <td class="middle-up">
        {certificate ? (
          <CertificateBar certificate={certificate} now={now} />
        ) : (
          <span class="quiet">none</span>
        )}
      </td>
      <td class="wide-only">
        {presence.lastSeenAt ? (
          <TimeAgo at={presence.lastSeenAt} now={now} />
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
}: {
  machines: MachineReply[];
  now: number;
  connect: Connect;
}) {
  return (
    <div class="card flush">
      <table class="table">
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
