import { X509Certificate } from 'node:crypto';
import { CertificateClient } from '@azure/keyvault-certificates';
import { createIntermediate, createLocalRoot } from '#local/kit/local-authority.ts';
import { createKeyVaultCertificateVault } from '#shared/adapters/azure/key-vault-certificate-vault.ts';
import { createKeyVaultIssuerAuthority } from '#shared/adapters/azure/key-vault-issuer-authority.ts';
import { hostNamesOf } from '#shared/domain/certificate.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { startVault } from './running-vault.ts';

export const issuanceMs = 60_000;
export const tags = { authority: 'issuer:corporate' };
export const limits = [
  {
    id: 'orders-per-account',
    title: 'Orders per account',
    capacity: 10,
    refillMs: 1000,
    scope: 'account' as const,
    freeForReplacements: false,
  },
];

export interface Machine {
  certificate: string;
  hostNames: string[];
}

/** A vault with an issuer `corporate`, and the calls that a flow makes at it, each with adapters of its own. */
export async function createIssuerOrders() {
  const root = await createLocalRoot(Date.now());
  const issuingAuthority = await createIntermediate(root, 'Test issuer', Date.now());
  const running = await startVault({
    issuingAuthority,
    issuanceDelayMs: issuanceMs,
    purgeProtected: ['local'],
    tokenSeconds: 86_400,
  });
  const client = new CertificateClient(running.vaultUrl, running.credential);
  await client.createIssuer('corporate', 'DigiCert', { accountId: 'account-7', organizationId: '42' });
  let machines = 0;

  /** New adapters, as after a restart of the app: nothing of an order is kept in them. */
  const restarted = (issuer = 'corporate') => ({
    vault: createKeyVaultCertificateVault(running),
    authority: createKeyVaultIssuerAuthority({ ...running, name: 'corporate-ca', issuer, limits }),
  });

  const begin = ({ certificate, hostNames }: Machine) =>
    restarted().vault.beginCertificate(certificate, 'corporate', hostNames, tags);

  return {
    running,
    client,
    intermediate: new X509Certificate(issuingAuthority.cert),
    restarted,
    begin,

    newMachine(): Machine {
      machines += 1;
      const machineName = `machine${machines}`.padEnd(26, 'a');
      const hostNames = hostNamesOf(machineName, 'wac.localhost');
      return { certificate: certificateName(machineName), hostNames };
    },

    async placeOrder(machine: Machine): Promise<string> {
      await begin(machine);
      return (await restarted().authority.createOrder({ hostNames: machine.hostNames })).orderUrl;
    },

    async collect(machine: Machine, orderUrl: string) {
      const { chainPem } = await restarted().authority.downloadChain(orderUrl);
      return { chainPem, merged: await restarted().vault.mergeCertificate(machine.certificate, chainPem) };
    },

    async versionsOf({ certificate }: Machine): Promise<number> {
      let count = 0;
      for await (const _ of client.listPropertiesOfCertificateVersions(certificate)) count += 1;
      return count;
    },
  };
}
export type IssuerOrders = Awaited<ReturnType<typeof createIssuerOrders>>;
