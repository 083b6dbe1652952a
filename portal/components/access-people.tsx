import { useMemo, useState } from 'preact/hooks';
import type { PersonWithAccess } from '../api/replies.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import {
  nameOfPrincipal,
  pickPeople,
  principalKinds,
  rightsSentence,
  scopeWords,
  sortPeople,
} from '../model/access-words.ts';
import { formatAbsolute } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { FailureCard } from './failure-card.tsx';
import { Skeleton } from './skeleton.tsx';
import { TimeAgo } from './time-ago.tsx';

interface PeopleProps {
  machineId: string;
  now: number;
}

/** Rows that are shown unless all are asked for. */
const usualRows = 100;

/** Why it does not count now, where it does not. */
function Mark({ person: { eligible, condition } }: { person: PersonWithAccess }) {
  return (
    <>
      {eligible && <span class="mark tone-busy">Eligible: counts once it is activated</span>}
      {condition !== undefined && (
        <span class="mark tone-warning" title={condition}>
          Conditional: gives nothing, its condition is not understood
        </span>
      )}
    </>
  );
}

function Person({ person, machineId, now }: PeopleProps & { person: PersonWithAccess }) {
  const { principal, role, rights, scope, through, endsAt } = person;
  return (
    <tr>
      <th scope="row">
        <Link to={addresses.machineAccess(machineId, principal.id)} class="wrapping">
          {nameOfPrincipal(principal)}
        </Link>
        <span class="second">
          {principalKinds[principal.kind]}
          {through && `, through ${nameOfPrincipal(through)}`}
        </span>
      </th>
      <td>
        <span class="line wrapping">{role}</span>
        <span class="second">may {rightsSentence(rights)}</span>
        <Mark person={person} />
        <span class="second narrow-only">
          {scopeWords(person)}
          {endsAt && `, until ${formatAbsolute(endsAt)}`}
        </span>
      </td>
      <td class="middle-up wrapping" title={scope}>
        {scopeWords(person)}
      </td>
      <td class="middle-up">
        {endsAt ? <TimeAgo at={endsAt} now={now} /> : <span class="quiet">no end</span>}
      </td>
    </tr>
  );
}

function Table({ people, machineId, now }: PeopleProps & { people: readonly PersonWithAccess[] }) {
  const [search, setSearch] = useState('');
  const [isWhole, setWhole] = useState(false);
  const sorted = useMemo(() => sortPeople(people), [people]);
  const found = pickPeople(sorted, search);
  const shown = isWhole ? found : found.slice(0, usualRows);
  return (
    <>
      <search class="filter people-filter">
        <label class="visually-hidden" for="people-search">
          Search by name, role or scope
        </label>
        <input
          id="people-search"
          type="search"
          class="input"
          placeholder="Search by name, role or scope"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <p class="quiet" role="status">
          {found.length === people.length
            ? `${people.length} ${people.length === 1 ? 'assignment' : 'assignments'}`
            : `${found.length} of ${people.length}`}
        </p>
      </search>
      {shown.length > 0 && (
        <table class="table compact people">
          <caption class="visually-hidden">Role assignments at or above this machine</caption>
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Role</th>
              <th scope="col" class="middle-up">
                Assigned at
              </th>
              <th scope="col" class="middle-up">
                Ends
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((person) => (
              <Person
                key={person.assignmentId ?? `${person.principal.id} ${person.role} ${person.scope}`}
                person={person}
                machineId={machineId}
                now={now}
              />
            ))}
          </tbody>
        </table>
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

/** Who may, and why: every assignment that gives one of the rights. */
export function AccessPeople({ machineId, now }: PeopleProps) {
  const { api } = usePortal();
  const { value, failure, reload } = useRemote(`people ${machineId}`, (signal) =>
    api.accessPeople(machineId, signal),
  );
  const isRefused = failure?.code === 'access_denied';
  return (
    <section class="card" aria-labelledby="people-heading">
      <h2 id="people-heading">Who may, and why</h2>
      {isRefused && (
        <p class="quiet">
          You may not read who may: it takes the action{' '}
          <code>Microsoft.Authorization/roleAssignments/read</code> on this machine.
        </p>
      )}
      {failure && !value && !isRefused && (
        <FailureCard failure={failure} about="Role assignments" retry={reload} />
      )}
      {!failure && !value && <Skeleton lines={4} label="Reading the role assignments" />}
      {value?.length === 0 && (
        <p class="quiet">No assignment at or above this machine gives any right here. Nobody may connect.</p>
      )}
      {value && value.length > 0 && <Table people={value} machineId={machineId} now={now} />}
    </section>
  );
}
