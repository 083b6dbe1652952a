import type { HttpReply } from '#local/kit/http-server.ts';
import { inTransaction } from '#local/kit/store.ts';
import type { Authority } from './authority.ts';
import { type CertificateRow, findCertificate } from './certificates.ts';
import { Problem, retryAfter } from './problem.ts';

const hourMs = 60 * 60 * 1000;
/** RFC 9773 section 4.3: the same pace as Let's Encrypt. */
const renewalInfoPaceMs = 6 * hourMs;

/** A move of suggested windows, as an authority makes it before it has to revoke (RFC 9773 section 1). */
export interface RenewalWindowMove {
  /** Certificates with one of these names; absent means every certificate that is not revoked. */
  names?: readonly string[];
  /** Earlier when negative. Counted from where the window is now. */
  byMs?: number;
  /** The window itself, milliseconds since the epoch; wins over `byMs`. */
  window?: { startMs: number; endMs: number };
  /** A page that says why. */
  explanationUrl?: string;
}

interface Window {
  startMs: number;
  endMs: number;
  explanationUrl: string | undefined;
}

/** Two days of ninety, from two thirds of the lifetime; in the past when it is revoked; elsewhere once moved. */
function windowOf({ store }: Authority, certificate: CertificateRow): Window {
  const { not_before: notBefore, not_after: notAfter, revoked_at: revokedAt } = certificate;
  if (revokedAt !== null) return { startMs: revokedAt - hourMs, endMs: revokedAt, explanationUrl: undefined };
  const moved = store
    .prepare('SELECT start_at, end_at, explanation FROM acme_renewal_windows WHERE certificate = ?')
    .get(certificate.id) as { start_at: number; end_at: number; explanation: string | null } | undefined;
  if (moved) {
    return {
      startMs: moved.start_at,
      endMs: moved.end_at,
      explanationUrl: moved.explanation ?? undefined,
    };
  }
  const lifetimeMs = notAfter - notBefore;
  const startMs = notBefore + (lifetimeMs * 2) / 3;
  return { startMs, endMs: startMs + lifetimeMs / 45, explanationUrl: undefined };
}

/** RFC 9773 section 4.2. `skewMs` is how far the authority's clock is off: its windows are off by as much. */
export function renewalInfo(authority: Authority, renewalId: string, skewMs: number): HttpReply {
  const certificate = findCertificate(authority, 'renewal_id', renewalId);
  if (!certificate) throw new Problem('malformed', 'no certificate has this identifier', { status: 404 });
  const { startMs, endMs, explanationUrl } = windowOf(authority, certificate);
  const time = (ms: number) => new Date(ms + skewMs).toISOString();
  return {
    status: 200,
    headers: retryAfter(renewalInfoPaceMs),
    body: {
      suggestedWindow: { start: time(startMs), end: time(endMs) },
      ...(explanationUrl !== undefined && { explanationURL: explanationUrl }),
    },
  };
}

/** Moves windows of certificates that are there now; answers how many. A window must end after it starts. */
export function moveRenewalWindows(authority: Authority, move: RenewalWindowMove): number {
  const { names, byMs = 0, window, explanationUrl } = move;
  if (window && window.endMs <= window.startMs) throw new RangeError('a renewal window ends after it starts');
  const { store } = authority;
  return inTransaction(store, () => {
    const rows = store
      .prepare('SELECT * FROM acme_certificates WHERE revoked_at IS NULL')
      .all() as unknown as CertificateRow[];
    const moving = rows.filter(
      (row) => !names || (JSON.parse(row.names) as string[]).some((name) => names.includes(name)),
    );
    const put = store.prepare(
      `INSERT INTO acme_renewal_windows VALUES (?, ?, ?, ?) ON CONFLICT (certificate)
       DO UPDATE SET start_at = excluded.start_at, end_at = excluded.end_at, explanation = excluded.explanation`,
    );
    for (const row of moving) {
      const now = windowOf(authority, row);
      put.run(
        row.id,
        Math.round(window?.startMs ?? now.startMs + byMs),
        Math.round(window?.endMs ?? now.endMs + byMs),
        explanationUrl ?? now.explanationUrl ?? null,
      );
    }
    return moving.length;
  });
}
