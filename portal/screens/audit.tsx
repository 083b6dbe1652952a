import { useState } from 'preact/hooks';
import type { AuditedMachine } from '../api/replies.ts';
import { FailureCard } from '../components/failure-card.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { resourceGroupOf } from '../model/resource.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Rows that are shown unless all are asked for. */
const usualRows = 200;

function List({ machines }: { machines: readonly AuditedMachine[] }) {
  const [search, setSearch] = useState('');
  const [isWhole, setWhole] = useState(false);
  const words = search.toLowerCase().trim();
  const found = machines.filter(({ name, resourceId }) =>
    `${name} ${resourceId}`.toLowerCase().includes(words),
  );
  const shown = isWhole ? found : found.slice(0, usualRows);
  return (
    <>
      <search class="filter">
        <label class="visually-hidden" for="audited-search">
          Search by name or resource
        </label>
        <div class="filter-fields">
          <input
            id="audited-search"
            type="search"
            class="input"
            placeholder="Search by name or resource"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </div>
        <p class="quiet" role="status">
          {found.length === machines.length
            ? `${machines.length} in all`
            : `${found.length} of ${machines.length}`}
        </p>
      </search>
      {shown.length > 0 && (
        <div class="card flush">
          <table class="table compact">
            <caption class="visually-hidden">Machines whose audit you may read</caption>
            <thead>
              <tr>
                <th scope="col">Machine</th>
                <th scope="col">Resource group</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ machineId, name, resourceId }) => (
                <tr key={machineId}>
                  <th scope="row">
                    <Link to={addresses.machineAudit(machineId)}>{name}</Link>
                  </th>
                  <td class="wrapping" title={resourceId}>
                    {resourceGroupOf(resourceId)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length < found.length && (
        <div class="actions">
          <button type="button" class="button" onClick={() => setWhole(true)}>
            Show all {found.length}
          </button>
        </div>
      )}
    </>
  );
}

/** Where an auditor begins: the machines whose audit he may read. */
export function AuditScreen() {
  const { api } = usePortal();
  const heading = useScreenTitle('Audit');
  const { value, failure, reload } = useRemote('audited', (signal) => api.auditedMachines(signal));
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        Audit
      </h1>
      <p class="lead">Who did what to which machine, with which outcome, in a chain that shows tampering.</p>
      {failure && <FailureCard failure={failure} retry={reload} />}
      {!value && !failure && <Skeleton lines={4} label="Reading whose audit you may read" tall />}
      {value?.length === 0 && (
        <div class="empty">
          <h2>You may read no audit</h2>
          <p>
            It takes the app role <code>Audit.Read</code> of this service, or the right to assign roles on a
            machine. Ask whoever runs this service for the first, or the machine’s owner for the second.
          </p>
        </div>
      )}
      {value && value.length > 0 && <List machines={value} />}
    </>
  );
}
