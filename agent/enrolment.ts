import { join } from 'node:path';
import { z } from 'zod';
import { AppError, toAppError } from '#shared/domain/error.ts';
import { retry } from './back-off.ts';
import type { ControlPlane } from './control-plane.ts';
import { readIfPresent, writeDurably } from './durable-file.ts';
import type { AgentIdentity } from './identity.ts';
import type { AgentSettings } from './settings.ts';
import { agentVersion } from './version.ts';

const enrolmentFile = z.object({ machineId: z.string(), controlPlane: z.string(), salt: z.string() });

export interface Enrolment {
  /** Enrols unless this install has done so before; repeats until it is accepted or refused for good. */
  ensure(signal: AbortSignal): Promise<void>;
  /** After the control plane did not recognise the agent: the next `ensure` enrols again with the same keys. */
  forget(): void;
}

export interface EnrolmentOptions {
  settings: AgentSettings;
  machineId: string;
  identity: AgentIdentity;
  controlPlane: ControlPlane;
  onEnrolled(): void;
  onFailure(error: unknown, waitMs: number): void;
}

/** A repetition with the same token and keys is answered the same, so a lost answer costs nothing. */
export function createEnrolment(options: EnrolmentOptions): Enrolment {
  const { settings, machineId, identity, controlPlane } = options;
  const file = join(settings.dataDirectory, 'enrolment.json');
  const wanted = { machineId, controlPlane: settings.controlPlane, salt: settings.salt };
  let isForgotten = false;

  async function isDone(): Promise<boolean> {
    const text = await readIfPresent(file);
    if (isForgotten || text === undefined) return false;
    try {
      const done = enrolmentFile.parse(JSON.parse(text));
      return (
        done.machineId === wanted.machineId &&
        done.controlPlane === wanted.controlPlane &&
        done.salt === wanted.salt
      );
    } catch {
      return false;
    }
  }

  async function enrolOnce(): Promise<void> {
    const reply = await controlPlane.enrol({
      resourceId: settings.resourceId,
      token: settings.token,
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
      await writeDurably(file, JSON.stringify(wanted));
      isForgotten = false;
      options.onEnrolled();
    },
    forget() {
      isForgotten = true;
    },
  };
}

/** True when the control plane does not know this agent (any more). */
export const isUnrecognised = (error: unknown): boolean => toAppError(error).code === 'agent_token_invalid';
