import type { DnsZones } from '#local/kit/boundaries.ts';
import { ArmError } from '../arm-error.ts';
import { composeBody } from '../generic-verbs.ts';
import type { Resource } from '../resource-store.ts';
import type { Provider, ProviderContext, TypeRules } from '../type-rules.ts';
import { openDnsProjection } from './dns-projection.ts';
import { recordSetLists, recordSetRules } from './dns-record-sets.ts';
import { dnsApiVersions } from './dns-record-types.ts';

const maxRecordSets = 10_000;
const zoneName = /^(?=.{1,253}$)([a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}$/i;

/** DNS zones and record sets of `Microsoft.Network`; `zones` is what the name server reads. */
export function microsoftNetworkDns(
  context: ProviderContext,
  nameServers: readonly string[],
): Provider & { zones: DnsZones } {
  const { resources, database } = context;
  const projection = openDnsProjection(database);
  const sets = recordSetRules(context, projection);
  const soaRules = sets.find(({ type }) => type.endsWith('/SOA'));
  const nsRules = sets.find(({ type }) => type.endsWith('/NS'));

  /** Azure makes the apex SOA and NS sets with the zone; they cannot be deleted. */
  const addApex = (zone: Resource) => {
    const email = 'azuredns-hostmaster.microsoft.com';
    const soa = {
      host: nameServers[0],
      email,
      serialNumber: 1,
      refreshTime: 3600,
      retryTime: 300,
      expireTime: 2_419_200,
      minimumTTL: 300,
    };
    const apex = [
      { rules: soaRules, properties: { TTL: 3600, SOARecord: soa } },
      {
        rules: nsRules,
        properties: { TTL: 172_800, NSRecords: nameServers.map((nsdname) => ({ nsdname })) },
      },
    ];
    for (const { rules, properties } of apex) {
      if (!rules) throw new Error('the apex needs rules for SOA and NS');
      const id = `${zone.id}/${rules.type.split('/').at(-1)}/@`;
      const fqdn = `${zone.name}.`;
      const body = {
        properties: { ...properties, fqdn, targetResource: {}, provisioningState: 'Succeeded' },
      };
      rules.onWritten?.(resources.put({ id, type: rules.type, body }), undefined);
    }
  };

  const zones: TypeRules = {
    type: 'Microsoft.Network/dnsZones',
    shownType: 'Microsoft.Network/dnszones',
    apiVersions: dnsApiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'],
    showsEtag: true,
    hasFlatErrors: true,
    compose(call, existing) {
      const name = call.id.names.at(-1) ?? '';
      if (!zoneName.test(name))
        throw new ArmError(400, 'BadRequest', `The zone '${name}' is not a valid domain name.`, {
          isFlat: true,
        });
      const elsewhere = resources.findByName(zones.type, name);
      if (elsewhere && elsewhere.key !== call.id.key)
        throw new ArmError(
          409,
          'Conflict',
          `The local name server already serves '${name}' from ${elsewhere.id}.`,
          {
            isFlat: true,
          },
        );
      const { location = 'global', tags = {} } = composeBody(call, existing);
      return { body: { location, tags, properties: { zoneType: 'Public' } } };
    },
    onWritten(zone, existing) {
      projection.putZone(zone.name.toLowerCase());
      if (!existing) addApex(zone);
    },
    onDeleted: (zone) => projection.removeZone(zone.name.toLowerCase()),
    show: ({ name, body }) => ({
      ...body,
      properties: {
        ...body.properties,
        maxNumberOfRecordSets: maxRecordSets,
        numberOfRecordSets: projection.count(name),
        nameServers,
      },
    }),
  };

  return { types: [zones, ...sets, ...recordSetLists(context, sets)], zones: projection };
}
