import type { MachinePlace } from './extension-resource.ts';

/** A script that the platform was asked to run on a machine, as it shows it now. */
export interface SeenScript {
  state: 'running' | 'succeeded' | 'failed' | 'deleting';
  /** What it printed last. */
  message: string | undefined;
  /** Marks that we gave it; none on what others made. */
  marks: Readonly<Record<string, unknown>>;
  /** How often it was tried anew. */
  attempt: number;
}

interface WantedScript {
  script: string;
  /** Given to the script beside it, and never shown. */
  protectedParameter?: { name: string; value: string };
  marks: Record<string, string>;
  /** Another number runs the same script again. */
  attempt: number;
}

/** The resource `AdminCenter` of one machine that runs a script. */
export interface ScriptResource {
  find(): Promise<SeenScript | undefined>;
  put(wanted: WantedScript, place: MachinePlace): Promise<void>;
  remove(): Promise<void>;
  /** Whether a secret may stand in the script itself. */
  isScriptProtected: boolean;
}

export const attemptMark = 'admin-center-attempt';
export const readAttempt = (marks: Readonly<Record<string, unknown>>): number => {
  const attempt = Number(marks[attemptMark] ?? 1);
  return Number.isSafeInteger(attempt) ? attempt : 1;
};
