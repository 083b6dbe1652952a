import type { FleetInstall } from '../api/replies.ts';
import { FailureCard } from '../components/failure-card.tsx';
import { Icon } from '../components/icon.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { fleetWords } from '../model/fleet-progress.ts';
import { formatAbsolute } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds between two looks. */
const everyMs = 10_000;

function Row({ fleet, now }: { fleet: FleetInstall; now: number }) {
  const { id, createdAt, requestedBy, status, total, counts, percent } = fleet;
  const { word, icon } = fleetWords[status];
  return (
    <tr>
      <th scope="row">
        <Link to={addresses.fleetInstall(id)}>{formatAbsolute(createdAt)}</Link>
        <span class="second">
          <TimeAgo at={createdAt} now={now} />
        </span>
      </th>
      <td class="wide-only">{requestedBy}</td>
      <td>
        <span class={`badge tone-${icon}`}>
          <Icon name={icon} />
          {word}
        </span>
      </td>
      <td>
        {counts.succeeded ?? 0} of {total}
        <span class="second">{percent} % done</span>
      </td>
      <td class="middle-up">
        {(counts.failed ?? 0) + (counts.refused ?? 0) === 0 ? (
          <span class="quiet">none</span>
        ) : (
          `${counts.failed ?? 0} failed, ${counts.refused ?? 0} refused`
        )}
      </td>
    </tr>
  );
}

/** What was and is installed on many machines, the newest first. */
export function FleetInstallsScreen() {
  const { api } = usePortal();
  const now = useNow();
  const heading = useScreenTitle('Fleet installs');
  const { value, failure, reload } = useRemote('fleet installs', api.fleetInstalls, () => everyMs);
  return (
    <>
      <div class="title-row">
        <h1 ref={heading} tabIndex={-1}>
          Fleet installs
        </h1>
        {value && value.length > 0 && (
          <Link to={addresses.fleetPlan()} class="button primary">
            <Icon name="add" />
            Install on many machines
          </Link>
        )}
      </div>
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {failure && !value && <FailureCard failure={failure} retry={reload} />}
      {!failure && !value && <Skeleton lines={4} label="Reading the fleet installs" tall />}
      {value && value.length > 0 && (
        <div class="card flush">
          <table class="table">
            <caption class="visually-hidden">Fleet installs, the newest first</caption>
            <thead>
              <tr>
                <th scope="col">Started</th>
                <th scope="col" class="wide-only">
                  By
                </th>
                <th scope="col" class="state">
                  Status
                </th>
                <th scope="col">Installed</th>
                <th scope="col" class="middle-up">
                  Trouble
                </th>
              </tr>
            </thead>
            <tbody>
              {value.map((fleet) => (
                <Row key={fleet.id} fleet={fleet} now={now} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {value?.length === 0 && (
        <div class="empty">
          <h2>No fleet installs yet</h2>
          <p>
            Install on many machines in one go: by a list, a resource group or a tag. You see the plan before
            anything begins.
          </p>
          <Link to={addresses.fleetPlan()} class="button primary">
            <Icon name="add" />
            Install on many machines
          </Link>
        </div>
      )}
    </>
  );
}
