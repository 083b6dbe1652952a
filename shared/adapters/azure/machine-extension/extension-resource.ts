import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '#shared/domain/error.ts';
import { type MachineFacts, type MachineKind, parseMachineResource } from '#shared/domain/machine.ts';
import type { ArmClient } from '../arm-client.ts';
import { armStatus, orMissing } from '../arm-error.ts';
import { factReaders } from '../machine-facts.ts';
import { arcTarget } from './arc-target.ts';
import { azureVmTarget } from './azure-vm-target.ts';
import { hciClusterTarget } from './hci-cluster-target.ts';
import type { SeenExtension } from './seen-extension.ts';
import type { ExtensionTarget, WantedExtension } from './target.ts';

const targets: Readonly<Record<MachineKind, ExtensionTarget>> = {
  arc: arcTarget,
  'azure-vm': azureVmTarget,
  'hci-cluster': hciClusterTarget,
};
export const targetOf = (resourceId: string): ExtensionTarget =>
  targets[parseMachineResource(resourceId).kind];

export type MachinePlace = Pick<MachineFacts, 'location' | 'osType'>;

/** Throws `machine_not_found`. */
export async function placeOf(arm: ArmClient, resourceId: string): Promise<MachinePlace> {
  const { apiVersion, schema, query } = factReaders[parseMachineResource(resourceId).kind];
  const found = await orMissing(arm.get(resourceId, apiVersion, schema, query));
  if (!found) throw new AppError('machine_not_found', `there is no machine ${resourceId}`);
  return found;
}

/** Waits between looks for what was just written, milliseconds; elapsed 6.6 s. A read may come from where it is not yet. */
const appearsMs = [100, 500, 2_000, 4_000];

/**
 * Resolves when ARM shows what it took, or at least something of that name; `resource_manager_unavailable` when there
 * is nothing, so that it is written again.
 */
export async function untilSeen<T>(
  find: () => Promise<T | undefined>,
  isWritten: (seen: T) => boolean,
  path: string,
): Promise<void> {
  let seen = await find();
  for (const waitMs of appearsMs) {
    if (seen !== undefined && isWritten(seen)) return;
    await sleep(waitMs);
    seen = await find();
  }
  if (seen === undefined)
    throw new AppError('resource_manager_unavailable', `${path} was taken and is not there`);
}

/** Another change of the same resource runs (409), or came between (412): both pass. */
export async function passing<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const status = armStatus(error);
    if (!(error instanceof AppError) || (status !== 409 && status !== 412)) throw error;
    if (error.code === 'provider_not_registered') throw error;
    const { message, facts, cause = error } = error;
    throw new AppError('resource_manager_unavailable', message, { facts, cause });
  }
}

/** The extension `AdminCenter` of one machine in ARM. */
export interface ExtensionResource {
  find(): Promise<SeenExtension | undefined>;
  /** Resolves when ARM shows it. Tags of others stay: those of `before`, or as they are now where it is not told. */
  put(
    wanted: WantedExtension,
    place: MachinePlace,
    tags: Record<string, string>,
    before?: Pick<SeenExtension, 'tags'>,
  ): Promise<void>;
  /** Absent, and going already, is success. */
  remove(): Promise<void>;
}

export function extensionOn(arm: ArmClient, resourceId: string): ExtensionResource {
  const target = targetOf(resourceId);
  const { apiVersion, query } = target;
  const path = `${resourceId}/${target.path}`;
  const find = () => orMissing(arm.get(path, apiVersion, target.schema, query));
  return {
    find,
    async put(wanted, { location }, tags, before) {
      await target.prepare?.(arm, resourceId);
      const kept = (before ?? (await find()))?.tags;
      const body = target.bodyOf(wanted, location, { ...kept, ...tags });
      await passing(arm.send({ method: 'PUT', path, apiVersion, body }));
      const isWritten = (seen: SeenExtension) =>
        isDeepStrictEqual(seen.settings, wanted.settings) &&
        (!target.hasTags || Object.entries(tags).every(([name, value]) => seen.tags[name] === value));
      await untilSeen(find, isWritten, path);
    },
    async remove() {
      const found = await find();
      if (!found || found.provisioningState === 'Deleting') return;
      await passing(orMissing(arm.send({ method: 'DELETE', path, apiVersion })));
    },
  };
}
