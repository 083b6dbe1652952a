import type { CertificateReply } from '../api/replies.ts';
import { formatAbsolute } from '../model/time.ts';
import { type MomentKind, momentsOf } from '../model/time-line.ts';
import { TimeAgo } from './time-ago.tsx';

const names: Readonly<Record<MomentKind | 'window', string>> = {
  'previous-expiry': 'The one before it ends',
  issued: 'Issued',
  window: 'Window of the authority',
  due: 'Renewal begins',
  turn: 'Its turn',
  retry: 'Next try',
  emergency: 'Renewal goes before everything else',
  expiry: 'Ends',
};

/** As the picture draws it. */
function Swatch({ kind }: { kind: MomentKind | 'window' }) {
  return (
    <svg class={`swatch moment ${kind}`} width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      {kind === 'window' ? (
        <rect class="line-window" x="1" y="2" width="14" height="12" rx="4" />
      ) : (
        <path class="moment-lead" d="M8 1V15" />
      )}
    </svg>
  );
}

/** The picture in words: every moment with its date, in the order of time. */
export function MomentList({ certificate, now }: { certificate: CertificateReply; now: number }) {
  const { window, leaf } = certificate;
  const moments = momentsOf(certificate).map(({ kind, at }) => ({
    kind,
    at,
    ends: undefined as string | undefined,
  }));
  const all = [
    ...moments,
    ...(leaf && window ? [{ kind: 'window' as const, at: Date.parse(window.start), ends: window.end }] : []),
  ].toSorted((one, other) => one.at - other.at);
  return (
    <ol class="moments" aria-label="Time line of the certificate">
      {all.map(({ kind, at, ends }) => {
        const date = new Date(at).toISOString();
        return (
          <li key={kind}>
            <Swatch kind={kind} />
            <span>
              {names[kind]}
              <span class="second">
                {formatAbsolute(date)}
                {ends ? ` to ${formatAbsolute(ends)}` : <>, {<TimeAgo at={date} now={now} />}</>}
              </span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
