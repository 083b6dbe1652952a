import { z } from 'zod';
import type { ExtensionState } from '#shared/ports/resource-manager.ts';

/** An extension or run command as ARM shows it, the same for every kind of machine. */
export interface SeenExtension {
  provisioningState: string;
  /** What the handler said last. */
  message: string | undefined;
  /** Of the handler that runs on the machine. */
  version: string | undefined;
  publisher: string | undefined;
  type: string | undefined;
  settings: Readonly<Record<string, unknown>>;
  forceUpdateTag: string | undefined;
  tags: Readonly<Record<string, string>>;
}

const text = z.string().nullish();
const record = z.record(z.string(), z.unknown()).nullish();

export const instanceView = z
  .object({
    typeHandlerVersion: text,
    status: z.object({ message: text }).nullish(),
    /** Virtual machines have a list of them. */
    statuses: z.array(z.object({ message: text })).nullish(),
  })
  .nullish();

/** What every kind of machine keeps of an extension, wherever it keeps it. */
export const parametersShape = z.object({
  publisher: text,
  type: text,
  typeHandlerVersion: text,
  settings: record,
  forceUpdateTag: text,
});
type Parameters = z.infer<typeof parametersShape>;

export const tagsShape = z.record(z.string(), z.string()).nullish();

export const messageOf = (view: z.infer<typeof instanceView>): string | undefined =>
  view?.status?.message ?? view?.statuses?.find(({ message }) => message)?.message ?? undefined;

/** The fields that are read the same way everywhere. */
export const asSeen = ({ publisher, type, settings, forceUpdateTag }: Parameters) => ({
  publisher: publisher ?? undefined,
  type: type ?? undefined,
  settings: settings ?? {},
  forceUpdateTag: forceUpdateTag ?? undefined,
});

const portOf = (value: unknown): number | undefined => {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
};
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const states: Readonly<Record<string, 'succeeded' | 'failed' | 'deleting'>> = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  Canceled: 'failed',
  Deleting: 'deleting',
};

/** `settings` as whoever installed it gave them: anybody may have, so nothing is taken for granted. */
export function toState(
  seen: Pick<SeenExtension, 'provisioningState' | 'message' | 'version'>,
  settings: Readonly<Record<string, unknown>>,
  connectNeeds?: string,
): ExtensionState {
  const state = states[seen.provisioningState] ?? 'creating';
  const detail =
    seen.message ?? (state === 'failed' ? `the extension is ${seen.provisioningState}` : undefined);
  const facts = {
    detail,
    port: portOf(settings['port']),
    version: seen.version,
    connectNeeds,
    salt: textOf(settings['salt']),
    controlPlane: textOf(settings['controlPlane']),
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return { state, ...Object.fromEntries(known) };
}
