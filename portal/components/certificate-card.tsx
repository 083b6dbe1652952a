import { useEffect, useRef } from 'preact/hooks';
import type { CertificateReply, CertificateState, MachineReply } from '../api/replies.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { certificateStates } from '../model/certificate-words.ts';
import { formatAbsolute } from '../model/time.ts';
import { momentsOf, timeLineOf } from '../model/time-line.ts';
import { asSentence } from '../model/words.ts';
import { CertificateActions } from './certificate-actions.tsx';
import { CertificateFacts } from './certificate-facts.tsx';
import { CertificateHistory } from './certificate-history.tsx';
import { FailureCard } from './failure-card.tsx';
import { Icon } from './icon.tsx';
import { LastTry } from './last-try.tsx';
import { MomentList } from './moment-list.tsx';
import { Skeleton } from './skeleton.tsx';
import { StaleNote } from './stale-note.tsx';
import { TimeAgo } from './time-ago.tsx';
import { TimeLinePicture } from './time-line.tsx';
import { TurnNote } from './turn-note.tsx';

/** Milliseconds between two looks at a certificate. */
const everyMs = 15_000;

interface CertificateCardProps {
  machine: MachineReply;
  now: number;
  /** Something was done that the machine's own reply shows too. */
  changed(): void;
}

/** Why it is in its state, and what happens next and when: the service's own sentences. */
function Explanation({ certificate, now }: { certificate: CertificateReply; now: number }) {
  const { explanation, next } = certificate;
  const [first, ...more] = explanation;
  return (
    <div class="explanation">
      <p class="explanation-first">{first && asSentence(first)}</p>
      {more.map((sentence) => (
        <p key={sentence} class="quiet">
          {asSentence(sentence)}
        </p>
      ))}
      <p class="next">
        <strong>Next:</strong> {asSentence(next.what)}
        {next.at && (
          <span class="quiet">
            {Date.parse(next.at) > now ? ' ' : ' Due since '}
            {formatAbsolute(next.at)}, <TimeAgo at={next.at} now={now} />
          </span>
        )}
      </p>
    </div>
  );
}

/** With the state of the newest reply: the machine's own may be some seconds older or newer. */
function Heading({ state }: { state?: CertificateState | undefined }) {
  const shown = state && certificateStates[state];
  return (
    <div class="title-row">
      <h2 id="certificate-heading">Certificate</h2>
      {shown && (
        <span class={`badge tone-${shown.tone}`}>
          <Icon name={shown.tone} />
          {shown.word}
        </span>
      )}
    </div>
  );
}

function Details({ machine, now, changed }: CertificateCardProps) {
  const { api } = usePortal();
  const { id, may, operation, extension } = machine;
  const { value, failure, reload } = useRemote(
    `certificate ${id}`,
    (signal) => api.certificate(id, signal),
    () => everyMs,
  );
  // The machine is looked at more often: when it tells of something new, so does this.
  const told = `${machine.certificate?.state} ${machine.certificate?.thumbprint} ${operation?.id}`;
  const last = useRef(told);
  useEffect(() => {
    if (last.current === told) return;
    last.current = told;
    reload();
  }, [told]);
  const line = value && timeLineOf(value, now);
  const refresh = () => {
    reload();
    changed();
  };
  return (
    <>
      <Heading state={value?.state ?? machine.certificate?.state} />
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {failure && !value && <FailureCard failure={failure} about="Certificate" retry={reload} />}
      {!failure && !value && <Skeleton lines={4} label="Reading the certificate" />}
      {value && (
        <>
          <Explanation certificate={value} now={now} />
          {value.plan && (
            <TurnNote
              plan={value.plan}
              operation={operation}
              canCancel={may.install.allowed && operation?.kind !== 'uninstall'}
              now={now}
              changed={refresh}
            />
          )}
          {line && <TimeLinePicture line={line} />}
          <div class="certificate-columns">
            {momentsOf(value).length > 0 && <MomentList certificate={value} now={now} />}
            <CertificateFacts certificate={value} now={now} />
          </div>
          {value.failure && <LastTry failure={value.failure} now={now} />}
          {may.install.allowed && !operation && extension.state === 'installed' && (
            <CertificateActions machine={machine} certificate={value} />
          )}
          <CertificateHistory history={value.history} now={now} />
        </>
      )}
    </>
  );
}

export function CertificateCard(props: CertificateCardProps) {
  return (
    <section class="card" aria-labelledby="certificate-heading">
      {props.machine.certificate ? (
        <Details {...props} />
      ) : (
        <>
          <Heading />
          <p class="quiet">
            There is none yet. It is issued while Windows Admin Center is installed, and renewed by itself.
          </p>
        </>
      )}
    </section>
  );
}
