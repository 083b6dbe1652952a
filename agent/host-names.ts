import type { AgentState } from '#shared/protocol/agent-messages.ts';

/** The two values that this machine's names are made of; both in lower case. */
export interface MachineNames {
  machineName: string;
  zone: string;
}

export const baseName = ({ machineName, zone }: MachineNames): string => `${machineName}.${zone}`;

/** A machine name is one DNS label, and so the name of a file too. */
export const isMachineName = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);

export type NamedState = Pick<AgentState, 'machineName' | 'zone' | 'retiredNames'>;

/** Every name that this machine answers to: its own, then those that were given up and are still in use. */
export function namesOf(state: NamedState): MachineNames[] {
  const all = [state.machineName, ...state.retiredNames.map(({ machineName }) => machineName)];
  return [...new Set(all)].filter(isMachineName).map((machineName) => ({ machineName, zone: state.zone }));
}

/** The session label of `<label>.<machine name>.<zone>`, or undefined when the name is not of this form. */
export function labelOf(names: MachineNames, serverName: string): string | undefined {
  const suffix = `.${baseName(names)}`;
  const name = serverName.toLowerCase();
  const label = name.endsWith(suffix) ? name.slice(0, -suffix.length) : '';
  return label !== '' && !label.includes('.') ? label : undefined;
}

/** Which of the names a server name is under, and its session label. */
export function placeOf(
  all: readonly MachineNames[],
  serverName: string,
): { names: MachineNames; label: string } | undefined {
  for (const names of all) {
    const label = labelOf(names, serverName);
    if (label !== undefined) return { names, label };
  }
  return undefined;
}
