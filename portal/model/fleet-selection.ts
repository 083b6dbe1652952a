import type { FleetSelection, FleetWishes, KeyCustody } from '../api/replies.ts';
import { readPort } from './port.ts';
import { readResourceId } from './resource.ts';

export const selectionWays = ['resourceIds', 'resourceGroup', 'tag'] as const;
export type SelectionWay = (typeof selectionWays)[number];

/** What is typed on the fleet page. */
export interface FleetChoices {
  way: SelectionWay;
  idsText: string;
  subscription: string;
  group: string;
  tagName: string;
  tagValue: string;
  /** Empty: as it is on each machine, and 6516 for the first time. */
  portText: string;
  keys: KeyCustody | undefined;
  consent: boolean;
  concurrencyText: string;
}

export const firstFleetChoices: FleetChoices = {
  way: 'resourceIds',
  idsText: '',
  subscription: '',
  group: '',
  tagName: '',
  tagValue: '',
  portText: '',
  keys: undefined,
  consent: false,
  concurrencyText: '20',
};

export type FleetField = 'ids' | 'subscription' | 'group' | 'tag-name' | 'port' | 'concurrency';
export type FleetFaults = Partial<Record<FleetField, string>>;

const maximumIds = 2000;
const guid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** One id in each line or between commas or spaces; the same one twice, in whatever case, is one. */
export function pastedIds(text: string): string[] {
  const ids = new Map<string, string>();
  for (const pasted of text.split(/[\s,;"']+/).filter(Boolean)) {
    const id = pasted.replace(/\/$/, '');
    if (!ids.has(id.toLowerCase())) ids.set(id.toLowerCase(), id);
  }
  return [...ids.values()];
}

function idsFault(text: string): string | undefined {
  const ids = pastedIds(text);
  if (ids.length === 0) return 'Paste at least one resource id.';
  if (ids.length > maximumIds) return `${ids.length} are too many: at most ${maximumIds} in one go.`;
  const bad = ids.filter((id) => readResourceId(id).fault !== undefined);
  if (bad.length === 0) return undefined;
  return `${bad.length === 1 ? 'One line is' : `${bad.length} lines are`} no machine’s resource id, the first: ${bad[0]}`;
}

export function fleetFaults(choices: FleetChoices): FleetFaults {
  const { way, subscription, group, tagName, portText, concurrencyText } = choices;
  const concurrency = Number(concurrencyText);
  const faults: Record<FleetField, string | undefined> = {
    ids: way === 'resourceIds' ? idsFault(choices.idsText) : undefined,
    subscription:
      way === 'resourceIds' || guid.test(subscription.trim())
        ? undefined
        : 'A subscription’s id looks like 00000000-0000-0000-0000-000000000000.',
    group:
      way !== 'resourceGroup' || /^[^/\s]{1,90}$/.test(group.trim())
        ? undefined
        : 'Enter the resource group’s name.',
    'tag-name': way !== 'tag' || tagName.trim() !== '' ? undefined : 'Enter the tag’s name.',
    port: portText.trim() === '' ? undefined : readPort(portText).fault,
    concurrency:
      /^\d+$/.test(concurrencyText.trim()) && concurrency >= 1 && concurrency <= 100
        ? undefined
        : 'Enter a whole number from 1 to 100.',
  };
  return Object.fromEntries(Object.entries(faults).filter(([, fault]) => fault !== undefined));
}

function selectionOf(choices: FleetChoices): FleetSelection {
  const subscriptionId = choices.subscription.trim();
  switch (choices.way) {
    case 'resourceIds':
      return { resourceIds: pastedIds(choices.idsText) };
    case 'resourceGroup':
      return { resourceGroup: `/subscriptions/${subscriptionId}/resourceGroups/${choices.group.trim()}` };
    case 'tag':
      return { tag: { subscriptionId, name: choices.tagName.trim(), value: choices.tagValue.trim() } };
    default:
      return choices.way satisfies never;
  }
}

/** The request, or undefined while something that was typed is wrong. */
export function fleetWishesOf(choices: FleetChoices): FleetWishes | undefined {
  if (Object.keys(fleetFaults(choices)).length > 0) return undefined;
  const { portText, keys, consent, concurrencyText } = choices;
  const port = portText.trim() === '' ? undefined : readPort(portText).port;
  return {
    select: selectionOf(choices),
    install: { ...(port && { port }), ...(keys && { keys }), ...(consent && { consent }) },
    concurrency: Number(concurrencyText),
  };
}
