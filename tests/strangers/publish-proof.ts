import { DefaultAzureCredential } from '@azure/identity';
import { createAzureDnsZone } from '#shared/adapters/azure/azure-dns-zone.ts';

/** What lego's `exec` provider runs: `present|cleanup <absolute name> <value>`, written through our own adapter. */
const [change, name = '', value = ''] = process.argv.slice(2);
const dns = createAzureDnsZone({
  endpoint: process.env['ARM_ENDPOINT'] ?? '',
  audience: 'https://management.azure.com',
  credential: new DefaultAzureCredential(),
  zoneId: process.env['ZONE_ID'] ?? '',
  now: () => new Date(),
});
const relativeName = name.replace(/\.$/, '').slice(0, -(dns.zone.length + 1));
if (change === 'present') await dns.addTextValues(relativeName, [value]);
else await dns.removeTextValues(relativeName, [value]);
