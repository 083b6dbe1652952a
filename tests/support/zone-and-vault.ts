import { DnsManagementClient } from '@azure/arm-dns';
import { CertificateClient } from '@azure/keyvault-certificates';
import type { Connection } from '#local/run/connection.ts';
import { createSdkCredential } from '#local/run/credential.ts';
import * as sample from '#local/samples/sample-data.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';

/** What a deployment's owner sees in zone and vault, through the official clients. */
export function createZoneAndVault({ managedIdentity, keyVault, resourceManager }: Connection) {
  const credential = createSdkCredential(managedIdentity.endpoint, managedIdentity.headers.deployment);
  const vault = new CertificateClient(keyVault.url, credential);
  const dns = new DnsManagementClient(credential, sample.subscriptionId, {
    endpoint: resourceManager.endpoint,
  });
  return {
    async versionsOf(machineName: string): Promise<number> {
      let versions = 0;
      for await (const _ of vault.listPropertiesOfCertificateVersions(certificateName(machineName)))
        versions += 1;
      return versions;
    },
    /** Names of the TXT record sets in the zone. */
    async texts(): Promise<string[]> {
      const names: string[] = [];
      for await (const set of dns.recordSets.listByType(sample.resourceGroup, sample.zone, 'TXT'))
        names.push(set.name ?? '');
      return names;
    },
  };
}
