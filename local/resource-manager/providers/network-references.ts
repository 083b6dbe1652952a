import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import { composeBody } from '../generic-verbs.ts';
import type { Resource, ResourceBody, ResourceStore } from '../resource-store.ts';
import type { ResourceCall } from '../type-rules.ts';

/** What the network types have in common. */
export const networkApiVersions = [
  '2024-05-01',
  '2024-01-01',
  '2023-11-01',
  '2023-09-01',
  '2022-07-01',
  '2020-11-01',
];
export const interfaceType = 'Microsoft.Network/networkInterfaces';
export const subnetType = 'Microsoft.Network/virtualNetworks/subnets';

export const reference = z.looseObject({ id: z.string().startsWith('/') });

/** The body as it is kept; a location is needed. */
export function locatedBody(call: ResourceCall, existing: Resource | undefined): ResourceBody {
  const body = composeBody(call, existing);
  if (typeof body.location !== 'string')
    throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
  return body;
}

/** Throws when a resource that another one names is not there. */
export function requireReference(
  resources: ResourceStore,
  { id: own }: ResourceCall,
  id: string | undefined,
): void {
  if (id === undefined || resources.get(id)) return;
  throw new ArmError(
    400,
    'InvalidResourceReference',
    `Resource ${id} referenced by resource ${own.id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
  );
}

/** Resources of a type that name this one. */
export const usersOf = (resources: ResourceStore, type: string, key: string): Resource[] =>
  resources.list(type, '').filter(({ body }) => JSON.stringify(body).toLowerCase().includes(`"${key}"`));
