import type { MachineKind } from './machine.ts';
import { networkRules } from './network-rules.ts';
import {
  type Circumstances,
  type PreconditionRule,
  preconditionRules,
  type Severity,
} from './precondition-rules.ts';

export interface PreconditionResult {
  code: string;
  /** The rule in words. */
  rule: string;
  met: boolean;
  /** What it means when it is not met; `info` where it could not be judged, and then it counts as met. */
  severity: Severity;
  found: string;
  needed: string;
  remedy: string;
}

const judge = (
  rules: readonly PreconditionRule[],
  kind: MachineKind,
  circumstances: Circumstances,
): PreconditionResult[] =>
  rules
    .filter(({ kinds, isAsked }) => kinds.includes(kind) && (isAsked?.(circumstances) ?? true))
    .map(({ code, rule, severity, ...one }) => ({ code, rule, severity, ...one.judge(circumstances, kind) }));

const everyRule = [...preconditionRules, ...networkRules];

/** Every rule that applies to this kind of machine, with its outcome; nothing stops at the first failure (21, 24). */
export const checkPreconditions = (kind: MachineKind, circumstances: Circumstances): PreconditionResult[] =>
  judge(everyRule, kind, circumstances);

const changingRules = preconditionRules.filter(({ mayChange }) => mayChange);

/** The rules whose outcome may be another one after the install; facts and policy are all that they look at. */
export const checkBeforeConnect = (
  kind: MachineKind,
  { facts, policy }: Omit<Circumstances, 'zone'>,
): PreconditionResult[] => judge(changingRules, kind, { facts, policy, zone: { name: '', faults: [] } });

/** Those that refuse. */
export const failuresOf = (results: readonly PreconditionResult[]): PreconditionResult[] =>
  results.filter(({ met, severity }) => !met && severity === 'failure');

/** What failed, in one sentence a requirement. */
export const describeFailures = (failures: readonly PreconditionResult[]): string =>
  failures.map(({ rule, found, needed }) => `${rule}: found ${found}, needed ${needed}`).join('; ');
