import { X509Certificate } from 'node:crypto';
import { CertificateClient } from '@azure/keyvault-certificates';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { orchestratorNames } from '#orchestrations/names.ts';
import { createKeyVaultCertificateVault } from '#shared/adapters/azure/key-vault-certificate-vault.ts';
import { createKeyVaultIssuerAuthority } from '#shared/adapters/azure/key-vault-issuer-authority.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { type RunningVault, startVault } from '../contract/key-vault/running-vault.ts';
import { type DurableApp, openDurableApp, startMs } from '../support/durable-app.ts';
import { machineId } from '../support/sample-machine.ts';

const machineName = 'abcdefghijklmnopqrstuvwxyz';
const minute = 60_000;

let app: DurableApp;
let running: RunningVault;

beforeEach(async () => {
  app = await openDurableApp();
  running = await startVault({
    clock: app.clock,
    issuanceDelayMs: 3 * minute,
    tokenSeconds: 365 * 86_400,
  });
  await new CertificateClient(running.vaultUrl, running.credential).createIssuer('corporate', 'Test', {
    accountId: 'account-7',
  });
  const authority = createKeyVaultIssuerAuthority({
    ...running,
    name: 'corporate-ca',
    issuer: 'corporate',
    limits: [],
  });
  Object.assign(app.ports, { vault: createKeyVaultCertificateVault(running), authorities: [authority] });
});
afterEach(async () => {
  await running.stop();
  await app.close();
});

async function issue(isInstall: boolean) {
  const input = { machineId, machineName, custody: 'vault', isInstall };
  const id = await app.host.start(orchestratorNames.issueCertificate, { input });
  return app.host.waitForCompletion(id);
}

describe('issuing a certificate by an issuer of the vault', () => {
  it('goes the way of every authority, without a record in DNS, and waits as long as the issuer takes', async () => {
    expect(await issue(true)).toMatchObject({ runtimeStatus: 'Completed' });
    expect(app.clock.now() - startMs).toBeGreaterThanOrEqual(3 * minute);
    expect(app.clock.now() - startMs).toBeLessThan(4 * minute);
    expect(app.faults.calls('dns.addTextValues')).toBe(0);

    const leaf = (await app.store.read(machineId, 'certificate'))?.document.leaf;
    expect(leaf).toMatchObject({
      hostNames: [`${machineName}.wac.test`, `*.${machineName}.wac.test`],
      custody: 'vault',
      issuedBy: { name: 'corporate-ca', authority: 'issuer:corporate', account: 'Test:account-7' },
    });
    const chain = await app.ports.vault.readChain(certificateName(machineName), leaf?.version ?? '');
    expect(new X509Certificate(chain).serialNumber).toBe(leaf?.serialNumber);
  });

  it('is a new order at a renewal', async () => {
    const first = await issue(true);
    const second = await issue(false);
    expect(second.output).toMatchObject({ thumbprint: expect.any(String) });
    expect(second.output).not.toEqual(first.output);
    expect(running.vault.calls.count('IssueCertificate')).toBe(2);
  });

  it('says in the issuer’s words why there is none', async () => {
    running.vault.faults.set('IssueCertificate', { status: 400 });
    const { runtimeStatus, output } = await issue(true);
    expect(runtimeStatus).toBe('Failed');
    expect(JSON.stringify(output)).toContain('Request rejected: The issuer answered 400');
  });
});
