import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError, toAppError } from '#shared/domain/error.ts';
import { retry } from './back-off.ts';
import type { ControlPlane } from './control-plane.ts';
import { readIfPresent, writeDurably } from './durable-file.ts';
import type { AgentIdentity } from './identity.ts';
import type { AgentSettings } from './settings.ts';
import { agentVersion } from './version.ts';

const enrolmentFile = z.object({
  machineId: z.string(),
  controlPlane: z.string(),
  salt: z.string(),
  /** SHA-256 of the token, base64url; empty where the machine's identity was enough. Earlier agents kept none. */
  tokenHash: z.string().optional(),
  /** Milliseconds since the epoch. */
  enrolledAt: z.number().optional(),
});
/** As whom, where and by which install the agent last enrolled. */
export type LastEnrolment = z.infer<typeof enrolmentFile>;

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'enrolment.json');

/** undefined when it never has, and when the file is damaged: then it enrols again. */
export async function readLastEnrolment(dataDirectory: string): Promise<LastEnrolment | undefined> {
  const text = await readIfPresent(fileIn(dataDirectory));
  try {
    return text === undefined ? undefined : enrolmentFile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const hashOf = (token: string | undefined): string =>
  token === undefined ? '' : createHash('sha256').update(token).digest('base64url');

/** A new salt or a new token is a new install, whatever else is the same. */
export const isOfInstall = (
  last: LastEnrolment,
  { salt, token }: Pick<AgentSettings, 'salt' | 'token'>,
): boolean =>
  last.salt === salt &&
  (token === undefined || last.tokenHash === undefined || last.tokenHash === hashOf(token));

export interface Enrolment {
  /** Enrols unless this install has done so before; repeats until it is accepted or refused for good. */
  ensure(signal: AbortSignal): Promise<void>;
  /** After the control plane did not recognise the agent: the next `ensure` enrols again with the same keys. */
  forget(): void;
  /** When this install enrolled, milliseconds since the epoch; 0 before. */
  enrolledAt(): number;
}

export interface EnrolmentOptions {
  settings: AgentSettings;
  machineId: string;
  identity: AgentIdentity;
  controlPlane: ControlPlane;
  /** An access token of the machine's own identity for an audience. */
  readMachineToken(audience: string): Promise<string>;
  now(): number;
  onEnrolled(): void;
  onFailure(error: unknown, waitMs: number): void;
}

/** A repetition with the same token and keys is answered the same, so a lost answer costs nothing. */
export function createEnrolment(options: EnrolmentOptions): Enrolment {
  const { settings, machineId, identity, controlPlane } = options;
  const { token, salt, audience = '' } = settings;
  const wanted = { machineId, controlPlane: settings.controlPlane, salt, tokenHash: hashOf(token) };
  let isForgotten = false;
  let enrolledAt = 0;

  async function isDone(): Promise<boolean> {
    const last = await readLastEnrolment(settings.dataDirectory);
    if (isForgotten || !last || !isOfInstall(last, settings)) return false;
    if (last.machineId !== machineId || last.controlPlane !== settings.controlPlane) return false;
    enrolledAt = last.enrolledAt ?? 0;
    return true;
  }

  async function enrolOnce(): Promise<void> {
    const proof =
      token === undefined ? { identityToken: await options.readMachineToken(audience) } : { token };
    const reply = await controlPlane.enrol({
      resourceId: settings.resourceId,
      ...proof,
      signingKey: identity.publicSigningKey,
      encryptionKey: identity.publicEncryptionKey,
      agentVersion,
    });
    if (reply.machineId !== machineId)
      throw new AppError('enrolment_refused', 'the control plane enrolled another machine');
  }

  return {
    async ensure(signal) {
      if (await isDone()) return;
      await retry(enrolOnce, signal, options.onFailure);
      enrolledAt = options.now();
      await writeDurably(fileIn(settings.dataDirectory), JSON.stringify({ ...wanted, enrolledAt }));
      isForgotten = false;
      options.onEnrolled();
    },
    forget() {
      isForgotten = true;
    },
    enrolledAt: () => enrolledAt,
  };
}

/** True when the control plane does not know this agent (any more). */
export const isUnrecognised = (error: unknown): boolean => toAppError(error).code === 'agent_token_invalid';
/** True when it may not enrol (any more) either. */
export const isTurnedAway = (error: unknown): boolean => toAppError(error).code === 'enrolment_refused';
