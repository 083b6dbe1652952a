import { useState } from 'preact/hooks';
import type { FleetPlan, PlannedMachine } from '../api/replies.ts';
import { type ActionGroup, fleetActions, groupPlan, planSentence } from '../model/fleet-plan.ts';
import { resourceGroupOf } from '../model/resource.ts';
import { formatAbsolute } from '../model/time.ts';
import { asSentence } from '../model/words.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { Icon } from './icon.tsx';

/** Groups of more machines than this begin closed, except what has to be mended. */
const fewMachines = 25;

function Row({ machine, now }: { machine: PlannedMachine; now: number }) {
  const { machineId, name, resourceId, preconditions, certificateAt } = machine;
  return (
    <tr>
      <th scope="row">
        {machineId ? <Link to={addresses.machine(machineId)}>{name}</Link> : <strong>{name}</strong>}
        <span class="group">{resourceGroupOf(resourceId)}</span>
      </th>
      <td>
        {preconditions.length > 0
          ? preconditions.map(({ code, rule, found, needed }) => (
              <span key={code} class="line" title={rule}>
                Found {found}; needed {needed}.
              </span>
            ))
          : certificateAt && (
              <span class="quiet">
                {Date.parse(certificateAt) <= now + 60_000
                  ? 'Certificate at once'
                  : `Certificate from ${formatAbsolute(certificateAt)}`}
              </span>
            )}
      </td>
    </tr>
  );
}

/** Rows are made for an open group alone: a plan may have thousands. */
function Reasons({ group: { action, count, reasons }, now }: { group: ActionGroup; now: number }) {
  return (
    <table class="table compact">
      <caption class="visually-hidden">
        {fleetActions[action].title}: {count}
      </caption>
      <thead>
        <tr>
          <th scope="col">Machine</th>
          <th scope="col">{action === 'refuse' ? 'What was found' : 'When'}</th>
        </tr>
      </thead>
      {reasons.map(({ reason, machines }) => (
        <tbody key={reason}>
          {reason !== '' && (
            <tr class="reason">
              <th colSpan={2} scope="rowgroup">
                {asSentence(reason)} <span class="quiet">{machines.length}</span>
              </th>
            </tr>
          )}
          {machines.map((machine) => (
            <Row key={machine.resourceId} machine={machine} now={now} />
          ))}
        </tbody>
      ))}
    </table>
  );
}

function Group({ group, now }: { group: ActionGroup; now: number }) {
  const { action, count } = group;
  const { title, icon, note } = fleetActions[action];
  const [isOpen, setOpen] = useState(action === 'refuse' || count <= fewMachines);
  return (
    <details class="card plan-group" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon name={icon} tone={icon} />
        <h3>{title}</h3>
        <span class="quiet">
          {count === 1 ? 'one machine' : `${count} machines`}
          <span class="middle-up">. {note}</span>
        </span>
      </summary>
      {isOpen && <Reasons group={group} now={now} />}
    </details>
  );
}

/** What would happen to each machine, by what happens and why; nothing has happened yet. */
export function FleetPlanView({ plan, now }: { plan: FleetPlan; now: number }) {
  const [search, setSearch] = useState('');
  const groups = groupPlan(plan, search);
  return (
    <>
      <p class="verdict-sentence">{planSentence(plan)}</p>
      <dl class="stats">
        {Object.entries(fleetActions).map(([action, { title }]) => (
          <div key={action}>
            <dt>{title}</dt>
            <dd>{plan.counts[action as keyof typeof fleetActions] ?? 0}</dd>
          </div>
        ))}
      </dl>
      {plan.lastCertificateAt && (
        <p>
          The authorities’ limits allow the last certificate{' '}
          {Date.parse(plan.lastCertificateAt) <= now + 60_000 ? (
            'at once.'
          ) : (
            <>
              on <strong>{formatAbsolute(plan.lastCertificateAt)}</strong>; machines wait for their turn by
              themselves.
            </>
          )}
        </p>
      )}
      {plan.total > 10 && (
        <search class="filter-fields">
          <label class="visually-hidden" for="plan-search">
            Search the plan by machine, resource group or reason
          </label>
          <input
            id="plan-search"
            type="search"
            class="input"
            placeholder="Search the plan by machine, resource group or reason"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </search>
      )}
      {groups.map((group) => (
        <Group key={`${group.action} ${group.count <= fewMachines}`} group={group} now={now} />
      ))}
      {groups.length === 0 && plan.total > 0 && <p class="quiet">No machine of the plan has these words.</p>}
    </>
  );
}
