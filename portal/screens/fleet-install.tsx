import { useEffect } from 'preact/hooks';
import type { FleetInstall } from '../api/replies.ts';
import { FailureCard } from '../components/failure-card.tsx';
import { FleetActions } from '../components/fleet-actions.tsx';
import { FleetMachines } from '../components/fleet-machines.tsx';
import { Progress } from '../components/progress.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import {
  type FleetMachineStatus,
  fleetSentence,
  fleetStatuses,
  fleetTitles,
} from '../model/fleet-progress.ts';
import { formatAbsolute } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds between two looks while something is at work. */
const everyMs = 5000;

function Counts({ counts }: FleetInstall) {
  return (
    <dl class="stats">
      {(Object.keys(fleetStatuses) as FleetMachineStatus[]).map((status) => (
        <div key={status}>
          <dt>{fleetStatuses[status].word}</dt>
          <dd>{counts[status] ?? 0}</dd>
        </div>
      ))}
    </dl>
  );
}

function Facts({ fleet, now }: { fleet: FleetInstall; now: number }) {
  const { createdAt, endedAt, estimatedEnd, requestedBy, concurrency, status } = fleet;
  return (
    <dl class="facts">
      <dt>Started</dt>
      <dd>
        {formatAbsolute(createdAt)}, <TimeAgo at={createdAt} now={now} />
        <span class="second">by {requestedBy}</span>
      </dd>
      {endedAt ? (
        <>
          <dt>Ended</dt>
          <dd>
            {formatAbsolute(endedAt)}, <TimeAgo at={endedAt} now={Math.max(now, Date.parse(endedAt))} />
          </dd>
        </>
      ) : (
        <>
          <dt>Expected end</dt>
          <dd>
            {estimatedEnd && status === 'running' ? (
              <>
                {formatAbsolute(estimatedEnd)}, <TimeAgo at={estimatedEnd} now={now} />
              </>
            ) : (
              'not known'
            )}
          </dd>
          <dt>At a time</dt>
          <dd>{concurrency === 1 ? 'one machine' : `${concurrency} machines`}</dd>
        </>
      )}
    </dl>
  );
}

/** Progress of one fleet install: how far, what failed, and the ways to hold it. Read from the service alone. */
export function FleetInstallScreen({ fleetId }: { fleetId: string }) {
  const { api, announce } = usePortal();
  const now = useNow();
  const read = useRemote(
    `fleet install ${fleetId}`,
    async (signal) => {
      const [fleet, machines] = await Promise.all([
        api.fleetInstall(fleetId, signal),
        api.fleetMachines(fleetId, signal),
      ]);
      return { fleet, machines };
    },
    ({ fleet }) =>
      fleet.status === 'running' || (fleet.counts.running ?? 0) > 0 || fleet.status === 'paused'
        ? everyMs
        : undefined,
  );
  const { value, failure, reload } = read;
  const title = value ? fleetTitles[value.fleet.status] : 'Fleet install';
  const heading = useScreenTitle(title);
  // Each tenth and each failure is told; each machine would be noise.
  const spoken = value && fleetSentence(value.fleet);
  const step =
    value && `${value.fleet.status} ${Math.floor(value.fleet.percent / 10)} ${value.fleet.counts.failed}`;
  useEffect(() => {
    if (spoken !== undefined) announce(spoken);
  }, [step]);

  return (
    <>
      <nav class="crumbs" aria-label="Breadcrumb">
        <Link to={addresses.fleetInstalls()}>Fleet installs</Link>
      </nav>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {value?.fleet.status === 'running' && (
        <p class="lead">It goes on when you close this page; this address shows it again.</p>
      )}
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {failure && !value && <FailureCard failure={failure} retry={reload} />}
      {!failure && !value && <Skeleton lines={5} label="Reading the fleet install" tall />}
      {value && (
        <>
          <section class="card" aria-label="Progress">
            <p class="verdict-sentence">{fleetSentence(value.fleet)}</p>
            <Progress percent={value.fleet.percent} label="Machines that are done" />
            <Counts {...value.fleet} />
            <Facts fleet={value.fleet} now={now} />
            <FleetActions fleet={value.fleet} changed={reload} />
          </section>
          <FleetMachines machines={value.machines} now={now} />
        </>
      )}
    </>
  );
}
