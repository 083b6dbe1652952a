import { setTimeout as sleep } from 'node:timers/promises';
import type { RawData, WebSocket } from 'ws';
import { z } from 'zod';
import type { Clock } from '#local/kit/clock.ts';
import type { Fault } from '#local/kit/faults.ts';

/** Close codes of the service on a control channel. */
export const closeCodes = { normal: 1000, gone: 1001, policyViolation: 1008, internalError: 1011 } as const;

const renewal = z.object({ renewToken: z.object({ token: z.string().min(1) }) });

export interface ControlChannelOptions {
  clock: Clock;
  /** Milliseconds. */
  expiresAt: number;
  /** Checks a renewed token for this path; answers its end in milliseconds. */
  authorize(token: string, skewMs?: number): Promise<number>;
  /** Counts the operation and answers what is switched on for it. */
  onOperation(operation: 'renewToken' | 'ping'): Fault | undefined;
}

function readRenewal(data: RawData, isBinary: boolean): string | undefined {
  if (isBinary || !Buffer.isBuffer(data)) return undefined;
  try {
    return renewal.parse(JSON.parse(data.toString('utf8'))).renewToken.token;
  } catch {
    return undefined;
  }
}

/** Keeps one listener's control channel to the life of its token; running sessions are not its business. */
export function keepControlChannel(channel: WebSocket, options: ControlChannelOptions): void {
  const { clock, authorize, onOperation } = options;
  const expire = () => channel.close(closeCodes.policyViolation, 'The token is expired.');
  let cancelExpiry = clock.at(options.expiresAt, expire);

  const renew = async (token: string): Promise<void> => {
    const fault = onOperation('renewToken');
    try {
      if (fault?.delayMs) await sleep(fault.delayMs);
      const expiresAt = await authorize(token, fault?.skewMs);
      cancelExpiry();
      if (channel.readyState === channel.OPEN) cancelExpiry = clock.at(expiresAt, expire);
    } catch {
      channel.close(closeCodes.policyViolation, 'The renewed token is not valid.');
    }
  };

  channel.on('message', (data, isBinary) => {
    const token = readRenewal(data, isBinary);
    if (token === undefined) channel.close(closeCodes.internalError, 'Only renewToken is understood here.');
    else void renew(token);
  });
  channel.on('ping', () => void onOperation('ping'));
  // The library closes the channel by itself after an error; without a listener it would end the process.
  channel.on('error', () => {});
  channel.once('close', () => cancelExpiry());
}
