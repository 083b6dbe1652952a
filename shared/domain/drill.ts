import type { RevocationReason } from './certificate.ts';

/** The replacement of many certificates at once, as an exercise or in earnest. Its end is when none is left. */
export interface Drill {
  id: string;
  reason: RevocationReason;
  /** Whether the old leaves are revoked, each when its replacement is served. */
  revoke: boolean;
  /** Only what this authority issued (its name in our configuration); all where absent. */
  issuedBy?: string;
  status: 'running' | 'succeeded' | 'cancelled';
  requestedBy: { id: string; name: string };
  /** ISO 8601. */
  createdAt: string;
  updatedAt: string;
  endedAt?: string;
  /** Certificates that were marked, and how many of them are replaced and seen served. */
  total: number;
  replaced: number;
  /** Certificates on machines where the caller may not install: left alone. */
  skipped: number;
  /** When the last one is expected to be issued, by the authorities' budgets; ISO 8601. */
  estimatedEnd?: string;
}
