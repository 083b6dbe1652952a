import type { AuditEntry } from './audit.ts';
import type { DocumentBase } from './document-base.ts';

/**
 * Who did what to the machine when, and how it was decided. Never changed, never removed. `mac` is over the record and the
 * one before it, so that a change of either is found.
 */
export interface AuditDocument extends DocumentBase, AuditEntry {
  type: 'audit';
  /** Ordered as the chain: `auditKeyOf(sequence)`; of a record of before the chain `<ISO 8601>-<random>`, which is less. */
  key: string;
  /** ISO 8601. */
  at: string;
  /** 1 and up without a gap; this and the two after it are absent in records of before the chain. */
  sequence?: number;
  /** Version of the secret that `mac` was made with. */
  keyVersion?: string;
  mac?: string;
  /** In the first: how many records of before the chain there are, and the hash of them, newest first. */
  earlier?: { count: number; digest: string };
}

/** The newest record of a machine's chain, written with it. */
export interface AuditHeadDocument extends DocumentBase {
  type: 'audit-head';
  sequence: number;
  /** That of the record. */
  mac: string;
  at: string;
  keyVersion: string;
  /** MAC of this document itself. */
  seal: string;
}

/**
 * A machine whose record is gone and whose audit stays. All are in one partition of their own (`machineId` is
 * `forgotten-machines`).
 */
export interface ForgottenMachineDocument extends DocumentBase {
  type: 'forgotten-machine';
  /** The machine id. */
  key: string;
  name: string;
  resourceId: string;
  subscriptionId: string;
}
export const forgottenPartition = 'forgotten-machines';
