import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import { showResource } from '../generic-verbs.ts';
import { readPage, replyWithPage } from '../paging.ts';
import { parentKey } from '../resource-id.ts';
import type { Resource } from '../resource-store.ts';
import type { ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';
import type { DnsProjection } from './dns-projection.ts';
import { dnsApiVersions, type RecordTypeRules, recordTypes } from './dns-record-types.ts';

const maxMetadata = 10;
const common = z.looseObject({
  TTL: z.int().min(0).max(2_147_483_647).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  targetResource: z.object({ id: z.string().optional() }).optional(),
});

const refuse = (status: number, code: string, message: string) =>
  new ArmError(status, code, message, { isFlat: true });

/** `@`, or labels of which only the first may be `*`. */
const relativeName = /^(@|(\*|[A-Za-z0-9_-]{1,63})(\.[A-Za-z0-9_-]{1,63})*)$/;

/** Zone and relative name from the key `.../dnszones/{zone}/{type}/{name}`. */
function placeOf(key: string): { zone: string; name: string } {
  const segments = key.split('/');
  return { zone: segments.at(-3) ?? '', name: segments.at(-1) ?? '' };
}

function composeRecordSet(
  record: RecordTypeRules,
  projection: DnsProjection,
  call: ResourceCall,
  existing: Resource | undefined,
) {
  const { zone, name } = placeOf(call.id.key);
  const fqdn = name === '@' ? `${zone}.` : `${name}.${zone}.`;
  if (!relativeName.test(name) || fqdn.length > 254)
    throw refuse(400, 'BadRequest', `The domain name '${name}.${zone}' is invalid.`);
  const given = call.body()['properties'] ?? {};
  const isPatch = call.request.method === 'PATCH';
  const merged = { ...(isPatch ? existing?.body.properties : {}), ...(given as object) };
  const parsed = common.safeParse(merged);
  if (!parsed.success) throw refuse(400, 'BadRequest', z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const { TTL = 3600, metadata = {}, targetResource } = parsed.data;
  if (targetResource?.id)
    throw refuse(400, 'BadRequest', 'The local resource manager has no alias record sets.');
  if (TTL < 1) throw refuse(400, 'BadRequest', 'The TTL must be between 1 and 2147483647.');
  if (Object.keys(metadata).length > maxMetadata)
    throw refuse(400, 'BadRequest', `A record set has at most ${maxMetadata} metadata entries.`);
  const foreign = recordTypes.find(({ member, type }) => type !== record.type && member in merged);
  if (foreign)
    throw refuse(
      400,
      'BadRequest',
      `The record set of type '${record.type}' must not have '${foreign.member}'.`,
    );
  const records = parsed.data[record.member] ?? (record.member.endsWith('Records') ? [] : undefined);
  const values = record.values.safeParse(records);
  if (!values.success)
    throw refuse(
      400,
      'BadRequest',
      `${record.member}: ${z.prettifyError(values.error).replaceAll('\n', ' ')}`,
    );
  requireCoexistence(record, projection, zone, name);
  return {
    body: {
      properties: {
        ...(Object.keys(metadata).length && { metadata }),
        fqdn,
        TTL,
        [record.member]: records,
        targetResource: {},
        provisioningState: 'Succeeded',
      },
    },
  };
}

/** RFC 1034 section 3.6.2, in Azure's words and with Azure's 409. */
function requireCoexistence(
  record: RecordTypeRules,
  projection: DnsProjection,
  zone: string,
  name: string,
): void {
  if (record.type === 'CNAME' && name === '@')
    throw refuse(400, 'BadRequest', 'A CNAME record set cannot be created at the zone apex.');
  const others = projection.typesAt(zone, name).filter((type) => type !== record.type);
  if (record.type === 'CNAME' ? others.length > 0 : others.includes('CNAME'))
    throw refuse(
      409,
      'Conflict',
      record.type === 'CNAME'
        ? 'The CNAME record could not be created because another record with the same name already exists in this zone.'
        : `The ${record.type} record could not be created because a CNAME record with the same name already exists in this zone.`,
    );
}

/** One resource type per record type: `dnsZones/TXT` and so on. */
export function recordSetRules(context: ProviderContext, projection: DnsProjection): readonly TypeRules[] {
  return recordTypes.map((record): TypeRules => {
    const rules: TypeRules = {
      type: `Microsoft.Network/dnsZones/${record.type}`,
      shownType: `Microsoft.Network/dnszones/${record.type}`,
      apiVersions: dnsApiVersions,
      verbs: ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'],
      showsEtag: true,
      hasFlatErrors: true,
      compose: (call, existing) => composeRecordSet(record, projection, call, existing),
      get(call) {
        const found = context.resources.get(call.id.key);
        if (found) return { status: 200, headers: { etag: found.etag }, body: showResource(rules, found) };
        const parent = parentKey(call.id) ?? '';
        if (!context.resources.get(parent))
          throw new ArmError(
            404,
            'ParentResourceNotFound',
            `Can not perform requested operation on nested resource. Parent resource '${parent.split('/').at(-1)}' not found.`,
          );
        throw refuse(
          404,
          'NotFound',
          `The resource record '${placeOf(call.id.key).name}' does not exist in resource group '${call.id.resourceGroup}' of subscription '${call.id.subscriptionId}'.`,
        );
      },
      onWritten(set) {
        const { zone, name } = placeOf(set.key);
        const { properties } = set.body;
        const values = record.values.parse(properties[record.member]);
        projection.put(zone, name, { type: record.type, ttlSeconds: Number(properties['TTL']), values });
      },
      onDeleted(set) {
        const { zone, name } = placeOf(set.key);
        projection.remove(zone, name, record.type);
      },
      requireDeletable(set) {
        const isApex = placeOf(set.key).name === '@';
        if (isApex && (record.type === 'SOA' || record.type === 'NS'))
          throw refuse(
            400,
            'BadRequest',
            `The ${record.type} record set at the zone apex cannot be deleted.`,
          );
      },
    };
    return rules;
  });
}

/** `GET dnsZones/{zone}/recordsets` and `/all`: the sets of every type, in the order of their keys. */
export function recordSetLists(context: ProviderContext, sets: readonly TypeRules[]): readonly TypeRules[] {
  const list = (call: ResourceCall) => {
    const page = readPage(call.query);
    const suffix = call.query.get('$recordsetnamesuffix')?.toLowerCase();
    const zone = parentKey(call.id) ?? '';
    const found = sets
      .flatMap((rules) =>
        context.resources
          .list(rules.type, zone, { ...page, limit: -1 })
          .map((set) => ({ rules, set, key: set.key })),
      )
      .filter(({ set }) => suffix === undefined || set.name.toLowerCase().endsWith(suffix))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    return replyWithPage(call, context.origin(), found, page, ({ rules, set }) => showResource(rules, set));
  };
  return ['recordsets', 'all'].map((name) => ({
    type: `Microsoft.Network/dnsZones/${name}`,
    apiVersions: dnsApiVersions,
    verbs: ['LIST'],
    list,
  }));
}
