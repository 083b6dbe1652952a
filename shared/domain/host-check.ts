/** The documented checks on the machine in their order (requirements 109-114), then what the machine had before us (54) and where the agent listens in direct mode. */
export const hostCheckIds = [
  'service',
  'localhost',
  'process',
  'installation',
  'ports',
  'outbound',
  'manual-install',
  'listener',
] as const;
export type HostCheckId = (typeof hostCheckIds)[number];

/** The longest text of a check: all of them fit in one report. */
export const hostCheckTextLimit = 160;

/** One check as the agent reports it. */
export interface HostCheck {
  id: HostCheckId;
  /** null: it could not be told, or does not apply to this machine; `found` says which. */
  ok: boolean | null;
  /** One sentence, or the lines that a tool is expected to print; at most 160 characters, without secrets. */
  found: string;
  /** What to do about it; absent where nothing is to be done. */
  next?: string | undefined;
}
