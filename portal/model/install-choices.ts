import type { Extension, KeyCustody, MachineAddress, MachineReply } from '../api/replies.ts';
import type { DirectWishes, InstallWishes } from '../api/wishes.ts';
import type { InstallPrefill } from '../navigation/routes.ts';
import { defaultPort, readPort } from './port.ts';
import { readSources } from './sources.ts';

/** What is chosen on the install page, as it is typed. */
export interface InstallChoices {
  portText: string;
  /** Undefined: as it was, and Key Vault for the first time. */
  keys: KeyCustody | undefined;
  newName: boolean;
  /** Straight to this address; undefined through the proxy; null straight, and no address is chosen yet. */
  address: string | null | undefined;
  sourcesText: string;
  openToAnyone: boolean;
  consent: boolean;
}

/**
 * The address that is asked for: the recommended one until another is chosen by hand. What was an address of the
 * machine once, or is one in somebody's link only, is none.
 */
export function chosenAddress(
  address: InstallChoices['address'],
  known: readonly MachineAddress[],
): InstallChoices['address'] {
  if (address === undefined) return undefined;
  const wanted = known.find((one) => (address === null ? one.isRecommended : one.address === address));
  return wanted?.address ?? null;
}

/** What is wrong with what was typed, by the id of its field. */
export type ChoiceFaults = Partial<Record<'port' | 'address' | 'sources', string>>;

export function faultsOf({ portText, address, sourcesText, openToAnyone }: InstallChoices): ChoiceFaults {
  const port = readPort(portText).fault;
  const sources = typeof address === 'string' && !openToAnyone ? readSources(sourcesText).fault : undefined;
  return {
    ...(port !== undefined && { port }),
    ...(address === null && { address: 'Choose one of the addresses.' }),
    ...(sources !== undefined && { sources }),
  };
}

function directOf({ address, sourcesText, openToAnyone }: InstallChoices): DirectWishes | undefined {
  if (typeof address !== 'string') return undefined;
  if (openToAnyone) return { address, openToAnyone };
  const read = readSources(sourcesText);
  const sources = read.fault === undefined ? read.sources : [];
  return { address, ...(sources.length > 0 && { sources }) };
}

/** The request, or undefined while something that was typed is wrong. */
export function wishesOf(choices: InstallChoices, { reach }: MachineReply): InstallWishes | undefined {
  const { port } = readPort(choices.portText);
  if (port === undefined || Object.keys(faultsOf(choices)).length > 0) return undefined;
  const { keys, newName, consent } = choices;
  const direct = directOf(choices) ?? (reach.mode === 'direct' ? null : undefined);
  return {
    port,
    ...(keys && { keys }),
    ...(newName && { newName }),
    ...(direct !== undefined && { direct }),
    ...(consent && { consent }),
  };
}

/** As it is now, or as the last try wished it; what others installed keeps its port (requirement 53). */
export function firstChoices(
  machine: MachineReply,
  extension: Extension | undefined,
  { port, keys, direct, sources }: InstallPrefill,
): InstallChoices {
  const present = machine.extension.port ?? extension?.detailedStatus.port ?? defaultPort;
  const { reach, kind } = machine;
  const now = reach.mode === 'direct' ? reach.address : undefined;
  return {
    portText: String(port ?? present),
    keys,
    newName: false,
    address: kind === 'azure-vm' ? (direct ?? now) : undefined,
    sourcesText: sources ?? '',
    openToAnyone: false,
    consent: false,
  };
}
