import type { MachineDocument } from './documents.ts';

const hourMs = 60 * 60 * 1000;

/** Who asks for an install where the extension was found and nobody of ours had asked (requirement 53). */
export const adopter = { id: 'adoption', name: 'Adoption' } as const;

/** The last try to take over what others installed. */
export interface Adoption {
  /** Since the last one that came to its end. */
  tries: number;
  /** ISO 8601. */
  triedAt: string;
  /** Not again before, ISO 8601. */
  retryAt: string;
  /** Somebody called it off: not again until the extension was away, or somebody asks for an install. */
  isDeclined?: boolean;
}

/** After the first try, the second...; each further one waits as long as the last. Elapsed 1, 3, 7, 15 and 39 hours. */
const waitsMs = [1, 2, 4, 8, 24].map((hours) => hours * hourMs);

/** On record before a try begins, so that one that fails in any way is not repeated at once. */
export function nextTry({ adoption, extension }: MachineDocument, now: Date): Adoption {
  const cameToEnd = adoption !== undefined && (extension?.installedAt ?? '') > adoption.triedAt;
  const tries = (cameToEnd ? 0 : (adoption?.tries ?? 0)) + 1;
  const waitMs = waitsMs[tries - 1] ?? waitsMs.at(-1) ?? hourMs;
  return { tries, triedAt: now.toISOString(), retryAt: new Date(now.getTime() + waitMs).toISOString() };
}

/** The extension as the platform has it. */
interface Seen {
  state: 'absent' | 'creating' | 'deleting' | 'succeeded' | 'failed';
  salt?: string;
  /** Which deployment it was told to belong to. */
  controlPlane?: string;
}

const originOf = (url: string): string => url.toLowerCase().replace(/\/+$/, '');

/**
 * What a look at the extension calls for. `adopt`: others installed it, and its parts are to be completed. `removed` and
 * `back`: what is installed went away, or came again, by somebody else's hand; `withdrawn`: what was found and not adopted
 * is no longer there. These are noted and not fought over. One that failed, or is still on its way, is left to whoever put
 * it there; one of another deployment of ours is that one's.
 */
export function judgeExtension(
  machine: MachineDocument,
  seen: Seen,
  { now, controlPlane }: { now: Date; controlPlane: string },
): 'adopt' | 'removed' | 'back' | 'withdrawn' | 'nothing' {
  const { extension, salt, adoption, before } = machine;
  const isInstalled = extension?.installedAt !== undefined;
  if (isInstalled && seen.state === 'absent')
    return extension.removedSince === undefined ? 'removed' : 'nothing';
  if (!extension && seen.state === 'absent') return before || adoption ? 'withdrawn' : 'nothing';
  if (seen.state !== 'succeeded') return 'nothing';
  const isOurs = seen.salt !== undefined && seen.salt === salt;
  if (isInstalled && extension.removedSince === undefined) return 'nothing';
  if (isInstalled && isOurs) return 'back';
  const isElsewhere =
    seen.controlPlane !== undefined && originOf(seen.controlPlane) !== originOf(controlPlane);
  const isUnwanted = adoption?.isDeclined || (adoption?.retryAt ?? '') > now.toISOString();
  return isOurs || isElsewhere || isUnwanted ? 'nothing' : 'adopt';
}
