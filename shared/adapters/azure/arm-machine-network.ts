import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from '#shared/domain/error.ts';
import { isSameAddress } from '#shared/domain/ip-network.ts';
import { parseMachineResource } from '#shared/domain/machine.ts';
import { ownerOfRule, planPort } from '#shared/domain/port-rule.ts';
import type { OpenedPort } from '#shared/domain/reach.ts';
import type { NetworkAddress, SecurityGroup } from '#shared/domain/security-rule.ts';
import type { MachineNetwork } from '#shared/ports/machine-network.ts';
import type { ArmClient, ArmRequest } from './arm-client.ts';
import { orMissing } from './arm-error.ts';
import { createArmNetworkReader, networkApiVersion } from './arm-network-reader.ts';
import { sendAndWait } from './arm-operation.ts';
import { type ArmSecurityRule, armSecurityRule, toArmRule } from './arm-security-rule.ts';

/** A rule takes seconds; what takes longer is taken up by the next try, which finds it there. */
const limitMs = 60_000;
/** Before a group that others change at the same time is read again; elapsed 0, 0.2, 0.7, 1.7 and 3.7 seconds. */
const usualWaitsMs = [0, 200, 500, 1000, 2000];

export interface ArmMachineNetworkOptions {
  arm: ArmClient;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Between attempts, while others change the same group; seconds in all unless told. */
  waitsMs?: readonly number[];
}

export function createArmMachineNetwork(options: ArmMachineNetworkOptions): MachineNetwork {
  const { arm, now, waitsMs = usualWaitsMs } = options;
  const reader = createArmNetworkReader(arm);

  async function addressesOf(resourceId: string): Promise<NetworkAddress[]> {
    if (parseMachineResource(resourceId).kind !== 'azure-vm') return [];
    const groups = new Map<string, Promise<Omit<SecurityGroup, 'guards'> | undefined>>();
    const groupAt = (id: string) => {
      const key = id.toLowerCase();
      const known = groups.get(key) ?? readGroup(id);
      groups.set(key, known);
      return known;
    };
    const guardedBy = async (id: string | undefined, guards: SecurityGroup['guards']) => {
      const group = id === undefined ? undefined : await groupAt(id);
      return group ? [{ ...group, guards }] : [];
    };
    const found = await Promise.all(
      (await reader.interfacesOf(resourceId)).map(async ({ networkSecurityGroup, ipConfigurations }) =>
        Promise.all(
          ipConfigurations
            .toSorted(
              (one, other) =>
                Number(other.properties.primary === true) - Number(one.properties.primary === true),
            )
            .map(async ({ properties: { privateIPAddress, publicIPAddress, subnet } }) => {
              if (privateIPAddress === undefined) return [];
              const [shown, ofInterface, ofSubnet] = await Promise.all([
                publicIPAddress && reader.publicAddressAt(publicIPAddress.id),
                guardedBy(networkSecurityGroup?.id, 'interface'),
                subnet && reader.groupOfSubnet(subnet.id).then((id) => guardedBy(id, 'subnet')),
              ]);
              const common = { listenOn: privateIPAddress, groups: [...ofInterface, ...(ofSubnet ?? [])] };
              return [
                { ...common, address: privateIPAddress, isPublic: false },
                ...(shown === undefined ? [] : [{ ...common, address: shown, isPublic: true }]),
              ];
            }),
        ),
      ),
    );
    return found.flat(2).toSorted((one, other) => Number(one.isPublic) - Number(other.isPublic));
  }

  async function readGroup(id: string): Promise<Omit<SecurityGroup, 'guards'> | undefined> {
    const group = await reader.groupAt(id);
    return group && { id: group.id, rules: [...group.rules, ...group.defaults] };
  }

  /** The group of the interface that has the address, and the private address behind it. */
  async function findPlace(resourceId: string, address: string) {
    const place = (await addressesOf(resourceId)).find((one) => isSameAddress(one.address, address));
    if (!place)
      throw new AppError('invalid_request', `${address} is not an address of the machine`, {
        facts: { errors: [{ field: 'direct.address', message: 'must be an address of the machine' }] },
      });
    const group = place.groups.find(({ guards }) => guards === 'interface');
    return group && { groupId: group.id, listenOn: place.listenOn };
  }

  /** False when somebody else changed the group meanwhile: it has to be read again. */
  async function wins(request: ArmRequest): Promise<boolean> {
    try {
      await sendAndWait(arm, request, { limitMs, now });
      return true;
    } catch (error) {
      if (isRace(error)) return false;
      throw error;
    }
  }

  async function untilWon(what: string, attempt: () => Promise<OpenedPort | undefined | 'raced'>) {
    for (const waitMs of waitsMs) {
      const outcome = await attempt();
      if (outcome !== 'raced') return outcome;
      await sleep(waitMs);
    }
    throw new AppError('resource_manager_unavailable', `others kept changing ${what}`);
  }

  return {
    addressesOf,
    async openPort({ resourceId, machineId, address, port, sources }) {
      const place = await findPlace(resourceId, address);
      if (!place) return undefined;
      const { groupId, listenOn } = place;
      // A write whose answer was lost has been made all the same.
      let written: string | undefined;
      const writtenNow = () => ({ openedAt: new Date(now()).toISOString() });
      const attempt = async () => {
        const group = await reader.groupAt(groupId);
        if (!group) return undefined;
        const rules: readonly ArmSecurityRule[] = group.rules;
        const { action, rule, isOurs } = namingTheGroup(group.id, () =>
          planPort([...group.rules, ...group.defaults], { machineId, listenOn, port, sources }),
        );
        const ruleId = `${group.id}/securityRules/${rule.name}`;
        const opened = { ruleId, isOurs, port, sources };
        const standing = rules.find(({ name }) => name === rule.name);
        if (action === 'keep' && (!isOurs || standing?.isSettled))
          return { ...opened, ...(isOurs && written !== undefined && writtenNow()) };
        const condition = standing?.etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: standing.etag };
        const request = { method: 'PUT', path: ruleId, apiVersion: networkApiVersion } as const;
        written = ruleId;
        const hasWon = await wins({ ...request, body: toArmRule(rule), ...condition });
        return hasWon ? { ...opened, ...writtenNow() } : 'raced';
      };
      try {
        return await untilWon(groupId, attempt);
      } catch (error) {
        throw written === undefined ? error : namingTheRule(error, written);
      }
    },
    async closePort(ruleId, machineId) {
      await untilWon(ruleId, async () => {
        const rule = await orMissing(arm.get(ruleId, networkApiVersion, armSecurityRule));
        if (!rule || ownerOfRule(rule) !== machineId) return undefined;
        const condition = rule.etag === undefined ? {} : { ifMatch: rule.etag };
        const request = { method: 'DELETE', path: ruleId, apiVersion: networkApiVersion } as const;
        return (await wins({ ...request, ...condition })) ? undefined : 'raced';
      });
    },
  };
}

/** A priority that was taken meanwhile, and an operation that gave way to another. */
const raceCodes: readonly unknown[] = [
  'SecurityRuleConflict',
  'RetryableError',
  'CanceledAndSupersededDueToAnotherOperation',
];
/** Of 409: what does not pass by itself. */
const lastingCodes: readonly unknown[] = ['ScopeLocked', 'ReadOnlyDisabledSubscription'];
/** What passes when the group is read again; 409 is another change under way, 412 one that has ended. */
function isRace(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== 'resource_manager_refused') return false;
  const { armStatus, armCode } = error.facts;
  if (armStatus === 409) return !lastingCodes.includes(armCode);
  return armStatus === 412 || armStatus === 'Canceled' || raceCodes.includes(armCode);
}

/** Adds which rule may have been written before the failure. */
function namingTheRule(error: unknown, writtenRule: string): AppError {
  const { code, message, facts, retryAfterMs, cause } = toAppError(error);
  return new AppError(code, message, {
    facts: { ...facts, writtenRule },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    cause,
  });
}

/** Adds to a refusal which group it is about. */
function namingTheGroup<T>(group: string, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, `${error.message} (${group})`, {
      facts: { ...error.facts, group },
      cause: error,
    });
  }
}
