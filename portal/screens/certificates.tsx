import type { CertificateState, ForecastReply } from '../api/replies.ts';
import { AuthorityCard } from '../components/authority-card.tsx';
import { DrillSection } from '../components/drill-section.tsx';
import { FailureCard } from '../components/failure-card.tsx';
import { Icon } from '../components/icon.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { WeeksChart } from '../components/weeks-chart.tsx';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { certificateStates } from '../model/certificate-words.ts';
import { fleetVerdict } from '../model/forecast.ts';
import { formatAbsolute } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds between two looks at the forecast. */
const everyMs = 15_000;

/** From good to bad. */
const inOrder: readonly CertificateState[] = [
  'served',
  'delivered',
  'issued',
  'ordered',
  'waiting',
  'revoked',
  'expired',
  'withdrawn',
];

function At({ at, now }: { at: string; now: number }) {
  return (
    <>
      {formatAbsolute(at)}, <TimeAgo at={at} now={now} />
    </>
  );
}

/** What an operator wants to know first: is anything at risk, and when is the queue empty? */
function Overview({ forecast, now }: { forecast: ForecastReply; now: number }) {
  const { states, lastTurnAt, firstAtRisk } = forecast;
  const { tone, sentence } = fleetVerdict(forecast);
  const present = inOrder.filter((state) => states[state]);
  return (
    <section class="card" aria-label="Overview">
      <p class="verdict-sentence">
        <Icon name={tone} tone={tone} />
        {sentence}
      </p>
      {(firstAtRisk || lastTurnAt) && (
        <dl class="facts">
          {firstAtRisk && (
            <>
              <dt>First at risk</dt>
              <dd>
                {firstAtRisk.machineId ? (
                  <Link to={addresses.machine(firstAtRisk.machineId)}>Show the machine</Link>
                ) : (
                  'A machine that you may not see'
                )}
                <span class="second">
                  ends <At at={firstAtRisk.expiresAt} now={now} />
                </span>
                <span class="second">
                  its turn is <At at={firstAtRisk.turnAt} now={now} />
                </span>
              </dd>
            </>
          )}
          {lastTurnAt && (
            <>
              <dt>Last turn</dt>
              <dd>
                <At at={lastTurnAt} now={now} />
              </dd>
            </>
          )}
        </dl>
      )}
      {present.length > 0 && (
        <dl class="stats">
          {present.map((state) => (
            <div key={state}>
              <dt>{certificateStates[state].word}</dt>
              <dd>{states[state]}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

/** The fleet's certificates: what ends when, what the authorities still allow, and the way to replace all of them. */
export function CertificatesScreen() {
  const { api } = usePortal();
  const now = useNow();
  const heading = useScreenTitle('Certificates');
  const { value, failure, reload } = useRemote('forecast', api.forecast, () => everyMs);
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        Certificates
      </h1>
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {failure && !value && <FailureCard failure={failure} retry={reload} />}
      {!failure && !value && <Skeleton lines={4} label="Reading the forecast" tall />}
      {value && (
        <>
          <Overview forecast={value} now={now} />
          <section class="card" aria-labelledby="weeks-heading">
            <h2 id="weeks-heading">By week</h2>
            {value.weeks.some(({ due, expiring }) => due + expiring > 0) ? (
              <WeeksChart weeks={value.weeks} />
            ) : (
              <p class="quiet">No certificate is due or ends in the weeks to come.</p>
            )}
          </section>
          <div class="cards">
            {value.authorities.map((authority) => (
              <AuthorityCard key={authority.name} authority={authority} now={now} />
            ))}
          </div>
          <DrillSection authorities={value.authorities} now={now} />
        </>
      )}
    </>
  );
}
