import { isIPv4, isIPv6 } from 'node:net';
import type { DnsManagementClient, RecordSet, RecordType } from '@azure/arm-dns';
import type { TokenCredential } from '@azure/identity';
import { AppError } from '#shared/domain/error.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { type ArmFailure, asArmFailure, isPassing, toArmError } from './arm-error.ts';
import { retrying } from './arm-retry.ts';
import { remembered } from './remembered.ts';

export interface AzureDnsZoneOptions {
  endpoint: string;
  audience: string;
  credential: TokenCredential;
  /** `/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.Network/dnszones/{zone}`. */
  zoneId: string;
}

/** Machine names change their target rarely; proofs live for minutes. */
const ttlSeconds = { name: 300, text: 60 } as const;
/** Each lost race means that another writer won one, so a handful is enough for a handful of writers. */
const maxRaces = 10;
/** RFC 1035 section 3.3: one character-string. */
const maxStringLength = 255;
const pointerTypes = ['A', 'AAAA', 'CNAME'] as const satisfies RecordType[];

function parseZoneId(zoneId: string): { subscriptionId: string; group: string; zone: string } {
  const shape =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Network\/dnsZones\/([^/]+)\/?$/i;
  const [, subscriptionId, group, zone] = shape.exec(zoneId) ?? [];
  if (!subscriptionId || !group || !zone)
    throw new AppError('configuration_incomplete', `'${zoneId}' is not the id of a DNS zone`);
  return { subscriptionId, group, zone: zone.toLowerCase() };
}

function pointerTo(target: string): { type: (typeof pointerTypes)[number]; set: RecordSet } {
  const ttl = ttlSeconds.name;
  if (isIPv4(target)) return { type: 'A', set: { ttl, aRecords: [{ ipv4Address: target }] } };
  if (isIPv6(target)) return { type: 'AAAA', set: { ttl, aaaaRecords: [{ ipv6Address: target }] } };
  return { type: 'CNAME', set: { ttl, cnameRecord: { cname: target } } };
}

const valuesOf = (set: RecordSet | undefined): string[] =>
  (set?.txtRecords ?? []).map(({ value = [] }) => value.join(''));

const toStrings = (value: string): string[] =>
  value.match(new RegExp(`.{1,${maxStringLength}}`, 'gs')) ?? [''];

const zoneMissing = new Set([
  'ParentResourceNotFound',
  'ResourceNotFound',
  'ResourceGroupNotFound',
  'SubscriptionNotFound',
]);

/** Record sets of one Azure DNS zone through its own SDK, which is loaded at first use. */
export function createAzureDnsZone(options: AzureDnsZoneOptions): DnsZone {
  const { subscriptionId, group, zone } = parseZoneId(options.zoneId);
  const connect = remembered(async (): Promise<DnsManagementClient> => {
    const { DnsManagementClient } = await import('@azure/arm-dns');
    return new DnsManagementClient(options.credential, subscriptionId, {
      endpoint: options.endpoint.replace(/\/$/, ''),
      credentialScopes: [`${options.audience.replace(/\/$/, '')}/.default`],
      retryOptions: { maxRetries: 0 },
    });
  });

  const translate = (error: unknown, failure: ArmFailure | undefined, doing: string): AppError => {
    const ours = toArmError(error, doing);
    if (!failure) return ours;
    const code =
      failure.status === 404 && zoneMissing.has(failure.code)
        ? 'dns_zone_missing'
        : isPassing(failure)
          ? 'dns_unavailable'
          : failure.status === 412 || failure.status === 409
            ? 'dns_record_conflict'
            : ours.code;
    const { retryAfterMs } = ours;
    return new AppError(code, ours.message, {
      facts: ours.facts,
      cause: error,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  };

  /** One call; passing failures are repeated, statuses in `expected` come back as undefined. */
  async function ask<T>(
    doing: string,
    call: (client: DnsManagementClient) => Promise<T>,
    expected: (failure: ArmFailure) => boolean = () => false,
  ): Promise<T | undefined> {
    try {
      return await retrying(
        async () => call(await connect()),
        (outcome) => (outcome.status === 'rejected' ? asArmFailure(outcome.reason) : undefined),
      );
    } catch (error) {
      const failure = asArmFailure(error);
      if (failure && expected(failure)) return undefined;
      throw translate(error, failure, doing);
    }
  }

  const removeSet = (name: string, type: RecordType) =>
    ask(`deleting ${type} ${name}`, ({ recordSets }) => recordSets.delete(group, zone, name, type));

  /** Changes a TXT set by its ETag; `change` says what shall be there, or undefined when nothing is to do. */
  async function changeText(
    name: string,
    change: (values: readonly string[]) => readonly string[] | undefined,
  ) {
    const isRace = ({ status }: ArmFailure) => status === 412;
    for (let race = 0; race < maxRaces; race += 1) {
      const set = await ask(
        `reading TXT ${name}`,
        ({ recordSets }) => recordSets.get(group, zone, name, 'TXT'),
        ({ status, code }) => status === 404 && !zoneMissing.has(code),
      );
      const wanted = change(valuesOf(set));
      if (!wanted) return;
      const condition = set?.etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: set.etag };
      const isDone = await ask(
        `writing TXT ${name}`,
        async ({ recordSets }) => {
          if (wanted.length === 0) await recordSets.delete(group, zone, name, 'TXT', condition);
          else {
            const txtRecords = wanted.map((value) => ({ value: toStrings(value) }));
            await recordSets.createOrUpdate(
              group,
              zone,
              name,
              'TXT',
              { ttl: ttlSeconds.text, txtRecords },
              condition,
            );
          }
          return true;
        },
        isRace,
      );
      if (isDone) return;
    }
    throw new AppError(
      'dns_record_conflict',
      `the TXT set ${name} of ${zone} changed ${maxRaces} times meanwhile`,
    );
  }

  return {
    zone,
    async pointName(name, target) {
      const { type, set } = pointerTo(target);
      const others = pointerTypes.filter((other) => other !== type);
      const removeOthers = (types: readonly RecordType[]) =>
        Promise.all(types.map((other) => removeSet(name, other)));
      const put = ({ recordSets }: DnsManagementClient) =>
        recordSets.createOrUpdate(group, zone, name, type, set);
      const isConflict = ({ status }: ArmFailure) => status === 409;
      if (!(await ask(`writing ${type} ${name}`, put, isConflict))) {
        // A CNAME shares its name with nothing (RFC 1034 section 3.6.2): what pointed elsewhere goes first.
        await removeOthers(others);
        await ask(`writing ${type} ${name}`, put);
      }
      // Addresses of both families may stand side by side: the old one must not go on being answered.
      if (type !== 'CNAME') await removeOthers(others.filter((other) => other !== 'CNAME'));
    },
    async removeName(name) {
      await Promise.all(pointerTypes.map((type) => removeSet(name, type)));
    },
    addTextValues: (name, values) =>
      changeText(name, (present) => {
        const wanted = new Set([...present, ...values]);
        return wanted.size > new Set(present).size ? [...wanted] : undefined;
      }),
    removeTextValues: (name, values) =>
      changeText(name, (present) => {
        const kept = present.filter((value) => !values.includes(value));
        return kept.length < present.length ? kept : undefined;
      }),
  };
}
