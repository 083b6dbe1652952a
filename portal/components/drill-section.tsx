import type { AuthorityForecast, DrillReply } from '../api/replies.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { drillSentence, drillTitles } from '../model/drill.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { DrillForm } from './drill-form.tsx';
import { FailureCard } from './failure-card.tsx';
import { Progress } from './progress.tsx';
import { Skeleton } from './skeleton.tsx';
import { TimeAgo } from './time-ago.tsx';

/** Milliseconds between two looks. */
const everyMs = 15_000;
/** Earlier ones that are shown. */
const shown = 5;

function Earlier({ drills, now }: { drills: readonly DrillReply[]; now: number }) {
  return (
    <details class="history">
      <summary>Earlier replacements</summary>
      <ol class="history-list">
        {drills.slice(0, shown).map((drill) => (
          <li key={drill.id}>
            <TimeAgo at={drill.createdAt} now={now} />
            <span>
              <Link to={addresses.drill(drill.id)}>{drillTitles[drill.status]}</Link>
              <span class="second">{drillSentence(drill)}</span>
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}

interface DrillSectionProps {
  authorities: readonly AuthorityForecast[];
  now: number;
}

/** The replacement that runs, or the way to start one, and those before it. */
export function DrillSection({ authorities, now }: DrillSectionProps) {
  const { api } = usePortal();
  const { value, failure, reload } = useRemote('drills', api.drills, () => everyMs);
  const running = value?.find(({ status }) => status === 'running');
  const earlier = value?.filter((drill) => drill !== running) ?? [];
  const isRefused = failure?.code === 'access_denied';
  return (
    <section class="card" aria-labelledby="drill-heading">
      <h2 id="drill-heading">Replace every certificate</h2>
      {isRefused && <p class="quiet">You may install on no machine, so you can replace no certificate.</p>}
      {failure && !value && !isRefused && <FailureCard failure={failure} retry={reload} />}
      {!failure && !value && <Skeleton lines={2} label="Reading the replacements" />}
      {running && (
        <>
          <p>{drillSentence(running)}</p>
          <Progress percent={running.percent} label="Certificates replaced" />
          <div class="actions">
            <Link to={addresses.drill(running.id)} class="button">
              Show the one that runs
            </Link>
          </div>
        </>
      )}
      {value && !running && <DrillForm authorities={authorities} />}
      {earlier.length > 0 && <Earlier drills={earlier} now={now} />}
    </section>
  );
}
