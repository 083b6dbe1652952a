import type { Certificate } from '../api/replies.ts';
import { validityOf } from '../model/certificate.ts';
import { formatDay } from '../model/time.ts';
import { CopyButton } from './copy-button.tsx';
import { TimeAgo } from './time-ago.tsx';

const left = 8;
const span = 384;
const at = (share: number): number => left + share * span;

/** From issue to expiry, with the chosen moment of renewal and now. */
function TimeLine({ certificate, now }: { certificate: Certificate; now: number }) {
  const { elapsed, renewal, tone } = validityOf(certificate, now);
  return (
    <svg
      class="time-line"
      viewBox="0 0 400 44"
      role="img"
      aria-label={`Issued ${formatDay(certificate.notBefore)}, renewed about ${formatDay(certificate.dueAt)}, ends ${formatDay(certificate.notAfter)}`}
    >
      <rect class="bar-track" x={left} y="24" width={span} height="6" rx="3" />
      <rect
        class={`bar-fill tone-${tone}`}
        x={left}
        y="24"
        width={Math.max(3, elapsed * span)}
        height="6"
        rx="3"
      />
      <rect class="line-renewal" x={at(renewal) - 1.5} y="18" width="3" height="18" rx="1.5" />
      <circle class="line-now" cx={at(elapsed)} cy="27" r="6" />
      <text class="line-text" x={Math.min(384, Math.max(16, at(elapsed)))} y="12" text-anchor="middle">
        now
      </text>
      {Math.abs(renewal - elapsed) > 0.14 && (
        <text class="line-text" x={Math.min(372, Math.max(28, at(renewal)))} y="12" text-anchor="middle">
          renewal
        </text>
      )}
    </svg>
  );
}

export function CertificateCard({ certificate, now }: { certificate: Certificate | null; now: number }) {
  return (
    <section class="card" aria-labelledby="certificate-heading">
      <h2 id="certificate-heading">Certificate</h2>
      {certificate ? (
        <>
          <TimeLine certificate={certificate} now={now} />
          <dl class="facts">
            <dt>Issued</dt>
            <dd>{formatDay(certificate.notBefore)}</dd>
            <dt>Renewal</dt>
            <dd>
              {formatDay(certificate.dueAt)}, <TimeAgo at={certificate.dueAt} now={now} />
            </dd>
            <dt>Ends</dt>
            <dd>
              {formatDay(certificate.notAfter)}, <TimeAgo at={certificate.notAfter} now={now} />
            </dd>
            <dt>In use</dt>
            <dd>{certificate.state === 'served' ? 'Served by the agent' : 'Issued, not served yet'}</dd>
            <dt>Thumbprint</dt>
            <dd class="with-button">
              <code class="cut">{certificate.thumbprint}</code>
              <CopyButton text={() => certificate.thumbprint} label="Copy the thumbprint" />
            </dd>
          </dl>
        </>
      ) : (
        <p class="quiet">
          There is none yet. It is issued while Windows Admin Center is installed, and renewed by itself.
        </p>
      )}
    </section>
  );
}
