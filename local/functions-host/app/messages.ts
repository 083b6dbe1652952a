import type { LoadedApp } from '../function-metadata.ts';
import type { InvocationRequest, InvocationResponse } from '../rpc-data.ts';
import type { LogCategory, LogLevel } from '../worker/app-log.ts';

/** An error as it crosses the process boundary. */
export interface WireError {
  name: string;
  message: string;
  stack: string;
}

export type ToApp =
  | { type: 'load'; appDirectory: string }
  | { type: 'invoke'; invocationId: string; functionName: string; request: InvocationRequest }
  | { type: 'terminate' };

export type FromApp =
  | { type: 'loaded'; app: LoadedApp }
  | { type: 'load-failed'; error: WireError }
  | { type: 'succeeded'; invocationId: string; response: InvocationResponse }
  | { type: 'failed'; invocationId: string; error: WireError }
  | { type: 'log'; level: LogLevel; category: LogCategory; message: string; functionName?: string };

export function toWireError(thrown: unknown): WireError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown), stack: '' };
  return { name: thrown.name, message: thrown.message, stack: thrown.stack ?? '' };
}
