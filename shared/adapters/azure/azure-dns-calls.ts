import type { DnsManagementClient, RecordSet, RecordType } from '@azure/arm-dns';
import type { TokenCredential } from '@azure/identity';
import { AppError } from '#shared/domain/error.ts';
import { type ArmFailure, asArmFailure, isPassing, toArmError } from './arm-error.ts';
import { retrying } from './arm-retry.ts';
import { remembered } from './remembered.ts';

export interface AzureDnsCallsOptions {
  endpoint: string;
  audience: string;
  credential: TokenCredential;
  /** `/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.Network/dnszones/{zone}`. */
  zoneId: string;
}

/** What a write depends on: that nothing is there, or that it is still what was read. */
type WriteCondition = { ifNoneMatch: '*' } | { ifMatch: string };

/** `raced`: the condition no longer holds. `excluded`: another type of record forbids this one (409). */
type WriteOutcome = { set: RecordSet } | 'raced' | 'excluded';

/** Single calls to one Azure DNS zone; failures are ours, passing ones were repeated. */
export interface AzureDnsCalls {
  readonly zone: string;
  find(name: string, type: RecordType): Promise<RecordSet | undefined>;
  write(name: string, type: RecordType, set: RecordSet, condition: WriteCondition): Promise<WriteOutcome>;
  /** Deletes the set as it was read; false when it has changed or gone meanwhile. */
  remove(name: string, type: RecordType, read: RecordSet): Promise<boolean>;
  /** Every record set of a type, page after page. */
  list(type: RecordType): Promise<RecordSet[]>;
  nameServers(): Promise<string[]>;
}

/** Matches a set as it was read. Azure gives every set an ETag; without one nothing would match. */
export const asRead = (set: RecordSet): { ifMatch: string } => ({ ifMatch: set.etag ?? 'none' });

/** Each lost race means that another writer won one, so a handful is enough for a handful of writers. */
const maxRaces = 10;

/** Repeats an attempt that lost a race; `dns_record_conflict` when others kept winning. */
export async function untilWon(what: string, attempt: () => Promise<boolean>): Promise<void> {
  for (let race = 0; race < maxRaces; race += 1) if (await attempt()) return;
  throw new AppError('dns_record_conflict', `${what} changed ${maxRaces} times meanwhile`);
}

function parseZoneId(zoneId: string): { subscriptionId: string; group: string; zone: string } {
  const shape =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Network\/dnsZones\/([^/]+)\/?$/i;
  const [, subscriptionId, group, zone] = shape.exec(zoneId) ?? [];
  if (!subscriptionId || !group || !zone)
    throw new AppError('configuration_incomplete', `'${zoneId}' is not the id of a DNS zone`);
  return { subscriptionId, group, zone: zone.toLowerCase() };
}

const zoneMissing = new Set([
  'ParentResourceNotFound',
  'ResourceNotFound',
  'ResourceGroupNotFound',
  'SubscriptionNotFound',
]);

function translate(error: unknown, doing: string): AppError {
  const ours = toArmError(error, doing);
  const failure = asArmFailure(error);
  if (!failure) return ours;
  const code =
    failure.status === 404 && zoneMissing.has(failure.code)
      ? 'dns_zone_missing'
      : isPassing(failure)
        ? 'dns_unavailable'
        : failure.status === 412 || failure.status === 409
          ? 'dns_record_conflict'
          : ours.code;
  const { facts, retryAfterMs } = ours;
  return new AppError(code, ours.message, {
    facts,
    cause: error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** Calls through Azure's own SDK, which is loaded at first use. */
export function createAzureDnsCalls(options: AzureDnsCallsOptions): AzureDnsCalls {
  const { subscriptionId, group, zone } = parseZoneId(options.zoneId);
  const connect = remembered(async (): Promise<DnsManagementClient> => {
    const { DnsManagementClient } = await import('@azure/arm-dns');
    return new DnsManagementClient(options.credential, subscriptionId, {
      endpoint: options.endpoint.replace(/\/$/, ''),
      credentialScopes: [`${options.audience.replace(/\/$/, '')}/.default`],
      retryOptions: { maxRetries: 0 },
    });
  });

  /** One call; `accept` says what a failure means that is an answer, and undefined for any other. */
  async function ask<T, Answer = never>(
    doing: string,
    call: (client: DnsManagementClient) => Promise<T>,
    accept: (failure: ArmFailure) => { answer: Answer } | undefined = () => undefined,
  ): Promise<T | Answer> {
    try {
      return await retrying(
        async () => call(await connect()),
        (outcome) => (outcome.status === 'rejected' ? asArmFailure(outcome.reason) : undefined),
      );
    } catch (error) {
      const failure = asArmFailure(error);
      const accepted = failure && accept(failure);
      if (accepted) return accepted.answer;
      throw translate(error, doing);
    }
  }

  return {
    zone,
    find: (name, type) =>
      ask<RecordSet, undefined>(
        `reading ${type} ${name}`,
        ({ recordSets }) => recordSets.get(group, zone, name, type),
        ({ status, code }) => (status === 404 && !zoneMissing.has(code) ? { answer: undefined } : undefined),
      ),
    write: (name, type, set, condition) =>
      ask<WriteOutcome, WriteOutcome>(
        `writing ${type} ${name}`,
        async ({ recordSets }) => ({
          set: await recordSets.createOrUpdate(group, zone, name, type, set, condition),
        }),
        ({ status }) => {
          if (status === 412) return { answer: 'raced' };
          return status === 409 ? { answer: 'excluded' } : undefined;
        },
      ),
    remove: (name, type, read) =>
      ask<boolean, boolean>(
        `deleting ${type} ${name}`,
        async ({ recordSets }) => {
          await recordSets.delete(group, zone, name, type, asRead(read));
          return true;
        },
        ({ status }) => (status === 412 ? { answer: false } : undefined),
      ),
    list: (type) =>
      ask(`listing ${type} sets`, async ({ recordSets }) => {
        const sets: RecordSet[] = [];
        for await (const set of recordSets.listByType(group, zone, type)) sets.push(set);
        return sets;
      }),
    async nameServers() {
      const { nameServers = [] } = await ask(`reading ${zone}`, ({ zones }) => zones.get(group, zone));
      return nameServers.map((server) => server.toLowerCase().replace(/\.$/, ''));
    },
  };
}
