/** The two values that this machine's names are made of; both in lower case. */
export interface MachineNames {
  machineName: string;
  zone: string;
}

export const baseName = ({ machineName, zone }: MachineNames): string => `${machineName}.${zone}`;

/** The session label of `<label>.<machine name>.<zone>`, or undefined when the name is not of this form. */
export function labelOf(names: MachineNames, serverName: string): string | undefined {
  const suffix = `.${baseName(names)}`;
  const name = serverName.toLowerCase();
  const label = name.endsWith(suffix) ? name.slice(0, -suffix.length) : '';
  return label !== '' && !label.includes('.') ? label : undefined;
}
