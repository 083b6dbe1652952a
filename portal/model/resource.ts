import type { MachineReply } from '../api/replies.ts';

const kindNames: Readonly<Record<MachineReply['kind'], string>> = {
  arc: 'Arc server',
  'azure-vm': 'Azure VM',
  'hci-cluster': 'Azure Local cluster',
};
export const machineKinds = Object.entries(kindNames);
export const isMachineKind = (text: string): boolean => Object.hasOwn(kindNames, text);
export const kindName = (kind: MachineReply['kind']): string => kindNames[kind];

/** The kind that a resource id names; nothing for one that is no machine’s. */
export const kindOf = (resourceId: string): string => {
  const read = readResourceId(resourceId);
  return read.fault === undefined ? kindNames[read.kind] : '';
};

export const resourceGroupOf = (resourceId: string): string =>
  /\/resourceGroups\/([^/]+)/i.exec(resourceId)?.[1] ?? '';

const manageable = new Map([
  ['microsoft.hybridcompute/machines', 'arc'],
  ['microsoft.compute/virtualmachines', 'azure-vm'],
  ['microsoft.azurestackhci/clusters', 'hci-cluster'],
] as const);

export type ResourceField =
  | { resourceId: string; name: string; kind: MachineReply['kind']; resourceGroup: string; fault?: undefined }
  | { fault: string };

/** Reads what was pasted, so far as the page can tell; the service decides. */
export function readResourceId(text: string): ResourceField {
  const resourceId = text.trim().replace(/\/$/, '');
  if (resourceId === '') return { fault: 'Paste the resource id of the machine.' };
  const [, group, type, name] =
    /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/([^/]+)\/providers\/([^/]+\/[^/]+)\/([^/]+)$/i.exec(
      resourceId,
    ) ?? [];
  if (!group || !type || !name) {
    return {
      fault: 'This is not a resource id: it begins with /subscriptions/ and ends with the machine’s name.',
    };
  }
  const kind = [...manageable].find(([known]) => known === type.toLowerCase())?.[1];
  return kind
    ? { resourceId, name, kind, resourceGroup: group }
    : {
        fault: `${type} is not a machine that can be managed: use an Arc server, an Azure VM or an Azure Local cluster.`,
      };
}
