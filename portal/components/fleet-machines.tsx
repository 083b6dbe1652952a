import { useState } from 'preact/hooks';
import type { FleetMachine } from '../api/replies.ts';
import { fleetStatuses, isFleetStatus, pickFleetMachines } from '../model/fleet-progress.ts';
import { resourceGroupOf } from '../model/resource.ts';
import { formatSpan } from '../model/time.ts';
import { asSentence } from '../model/words.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { Icon } from './icon.tsx';

/** Why it failed, was refused or passed over, in a row of its own: it is a sentence or two. */
function Why({ machine: { name, status, detail, remedy, code } }: { machine: FleetMachine }) {
  if (detail === null && code === null) return null;
  return (
    <tr class="why">
      <td colSpan={3}>
        <span class="visually-hidden">{name}: </span>
        {detail && asSentence(detail)}{' '}
        {remedy && status !== 'skipped' && <strong>{asSentence(remedy)}</strong>}{' '}
        {code && <code>{code}</code>}
      </td>
    </tr>
  );
}

function Progressed({ machine, now }: { machine: FleetMachine; now: number }) {
  const { status, percent, startedAt, endedAt } = machine;
  if (!startedAt) return null;
  const span = formatSpan((endedAt ? Date.parse(endedAt) : now) - Date.parse(startedAt));
  return (
    <span class="second progressed">
      {status === 'running' ? `${percent} % after ${span}` : endedAt && `took ${span}`}
    </span>
  );
}

function Row({ machine, now }: { machine: FleetMachine; now: number }) {
  const { machineId, operationId, name, resourceId, status } = machine;
  const { word, icon } = fleetStatuses[status];
  return (
    <tr>
      <th scope="row">
        {machineId ? <Link to={addresses.machine(machineId)}>{name}</Link> : <strong>{name}</strong>}
        <span class="group">{resourceGroupOf(resourceId)}</span>
      </th>
      <td>
        <span class={`badge tone-${icon}`}>
          <Icon name={icon} />
          {word}
        </span>
        <Progressed machine={machine} now={now} />
      </td>
      <td class="row-action">
        {operationId && (
          <Link to={addresses.operation(operationId)}>
            Steps<span class="visually-hidden"> on {name}</span>
          </Link>
        )}
      </td>
    </tr>
  );
}

/** Rows that are shown unless all are asked for: they are made again at each look. */
const usualRows = 200;

/** Each machine of a fleet install, failures first. */
export function FleetMachines({ machines, now }: { machines: readonly FleetMachine[]; now: number }) {
  const [search, setSearch] = useState('');
  const [status, setStatus] = useState('');
  const [isWhole, setWhole] = useState(false);
  const found = pickFleetMachines(machines, { search, status });
  const shown = isWhole ? found : found.slice(0, usualRows);
  return (
    <>
      <search class="filter">
        <div class="filter-fields">
          <label class="visually-hidden" for="fleet-search">
            Search by name, resource or code
          </label>
          <input
            id="fleet-search"
            type="search"
            class="input"
            placeholder="Search by name, resource or code"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
          <label class="visually-hidden" for="fleet-status">
            Status
          </label>
          <select
            id="fleet-status"
            class="input"
            value={status}
            onChange={(event) =>
              setStatus(isFleetStatus(event.currentTarget.value) ? event.currentTarget.value : '')
            }
          >
            <option value="">All</option>
            {Object.entries(fleetStatuses).map(([name, { word }]) => (
              <option key={name} value={name}>
                {word}
              </option>
            ))}
          </select>
        </div>
        <p class="quiet" role="status">
          {found.length === machines.length
            ? `${machines.length} in all`
            : `${found.length} of ${machines.length}`}
        </p>
      </search>
      {shown.length > 0 ? (
        <div class="card flush">
          <table class="table compact fleet-table">
            <caption class="visually-hidden">Machines of this fleet install, failures first</caption>
            <thead>
              <tr>
                <th scope="col">Machine</th>
                <th scope="col" class="state">
                  Status
                </th>
                <th scope="col" class="row-action">
                  <span class="visually-hidden">Operation</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((machine) => [
                <Row key={machine.resourceId} machine={machine} now={now} />,
                <Why key={`why ${machine.resourceId}`} machine={machine} />,
              ])}
            </tbody>
          </table>
        </div>
      ) : (
        <p class="quiet">No machine has these words and this status.</p>
      )}
      {shown.length < found.length && (
        <div class="actions">
          <button type="button" class="button" onClick={() => setWhole(true)}>
            Show all {found.length}
          </button>
          <span class="quiet">The first {shown.length} are shown.</span>
        </div>
      )}
    </>
  );
}
