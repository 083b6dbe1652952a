import { useEffect, useState } from 'preact/hooks';
import type { DrillReply } from '../api/replies.ts';
import { Confirm } from '../components/confirm.tsx';
import { FailureCard } from '../components/failure-card.tsx';
import { Progress } from '../components/progress.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { useAction } from '../hooks/action.ts';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { revocationReasons } from '../model/certificate-words.ts';
import { drillSentence, drillTitles } from '../model/drill.ts';
import { formatAbsolute } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds between two looks while it runs. */
const everyMs = 5000;

function Facts({ drill, now }: { drill: DrillReply; now: number }) {
  const { reason, revoke, issuedBy, requestedBy, createdAt, endedAt, estimatedEnd, skipped, status } = drill;
  return (
    <dl class="facts">
      {status === 'running' && (
        <>
          <dt>Expected end</dt>
          <dd>
            {estimatedEnd ? (
              <>
                {formatAbsolute(estimatedEnd)}, <TimeAgo at={estimatedEnd} now={now} />
              </>
            ) : (
              'not known yet'
            )}
          </dd>
        </>
      )}
      <dt>Started</dt>
      <dd>
        {formatAbsolute(createdAt)}, <TimeAgo at={createdAt} now={now} />
        <span class="second">by {requestedBy}</span>
      </dd>
      {endedAt && (
        <>
          <dt>Ended</dt>
          <dd>
            {formatAbsolute(endedAt)}, <TimeAgo at={endedAt} now={now} />
          </dd>
        </>
      )}
      <dt>Reason</dt>
      <dd>{revocationReasons[reason]}</dd>
      <dt>Old ones</dt>
      <dd>{revoke ? 'each is revoked when its replacement is in service' : 'stay valid until their end'}</dd>
      {issuedBy && (
        <>
          <dt>Issued by</dt>
          <dd>{issuedBy}</dd>
        </>
      )}
      <dt>Left alone</dt>
      <dd>{skipped === 0 ? 'none' : `${skipped}, where the right to install is missing`}</dd>
    </dl>
  );
}

/** The replacement of many certificates: how far it is, when it ends, and the way to stop it. */
export function DrillScreen({ drillId }: { drillId: string }) {
  const { api, announce } = usePortal();
  const now = useNow();
  const [isAsking, setAsking] = useState(false);
  // The service takes a moment from the request to the end.
  const [isAsked, setAsked] = useState(false);
  const { isBusy, failure: fault, run } = useAction();
  const isCancelling = isBusy || isAsked;
  const { value, failure, reload } = useRemote(
    `drill ${drillId}`,
    (signal) => api.drill(drillId, signal),
    ({ status }) => (status === 'running' ? everyMs : undefined),
  );
  const title = value ? drillTitles[value.status] : 'Replacement of certificates';
  const heading = useScreenTitle(title);
  const sentence = value && drillSentence(value);
  useEffect(() => {
    if (sentence !== undefined) announce(sentence);
  }, [sentence]);
  const cancel = () => {
    setAsking(false);
    run(async () => {
      await api.cancelDrill(drillId);
      setAsked(true);
      reload();
    });
  };
  return (
    <>
      <nav class="crumbs" aria-label="Breadcrumb">
        <Link to={addresses.certificates()}>Certificates</Link>
      </nav>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {value?.status === 'running' && (
        <p class="lead">It goes on when you close this page; this address shows it again.</p>
      )}
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {failure && !value && <FailureCard failure={failure} retry={reload} />}
      {!failure && !value && <Skeleton lines={3} label="Reading the replacement" tall />}
      {value && (
        <section class="card" aria-label="Progress">
          <p class="verdict-sentence">{sentence}</p>
          <Progress percent={value.percent} label="Certificates replaced" />
          <Facts drill={value} now={now} />
          {value.status === 'running' && (
            <div class="actions">
              <button
                type="button"
                class="button"
                aria-disabled={isCancelling}
                onClick={() => !isCancelling && setAsking(true)}
              >
                {isCancelling ? 'Cancelling' : 'Cancel the rest'}
              </button>
            </div>
          )}
        </section>
      )}
      {fault && <FailureCard failure={fault} about="Cancel" />}
      {isAsking && (
        <Confirm
          title="Cancel the rest?"
          confirmLabel="Cancel the rest"
          cancelLabel="Go on"
          confirm={cancel}
          cancel={() => setAsking(false)}
        >
          <p>
            Certificates that are replaced stay replaced, and what is ordered comes to its end. The others
            keep the certificate that they have, and are renewed when they are due.
          </p>
        </Confirm>
      )}
    </>
  );
}
