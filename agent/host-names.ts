import { decodeBase32, encodeBase32 } from '#shared/domain/base32.ts';

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

/** Layout of a label (shared/domain/label.ts): version 1, session id 10, then expiry, service and MAC. */
const idStart = 1;
const idEnd = 11;

/**
 * The session id in a label. Only the proxy holds the keys that prove a label; here it is compared with what the
 * proxy says of the stream, so that one session's stream never opens another session's name.
 */
export function sessionIdOf(label: string): string | undefined {
  const bytes = decodeBase32(label);
  return bytes && bytes.length > idEnd ? encodeBase32(bytes.subarray(idStart, idEnd)) : undefined;
}
