import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { revocationReasons } from '#shared/domain/certificate.ts';
import { createAccountKey } from './account-key.ts';
import { createCrossSigned } from './cross-signed.ts';
import { createRig, issue, type Rig, zone } from './rig.ts';

const issuersOf = (chain: string): string[] =>
  (chain.match(/-----BEGIN[^]+?END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem).issuer);

describe('the chain that is preferred', () => {
  let rig: Rig;
  let otherRoot: string;
  beforeAll(async () => {
    const crossSigned = await createCrossSigned();
    otherRoot = crossSigned.otherRoot;
    const { issuer, root, alternate } = crossSigned;
    rig = await createRig({ issuer, root, alternateIssuers: [alternate] });
  });
  afterAll(() => rig.close());
  afterEach(() => rig.authority.faults.clear());

  it('is taken where the authority offers it: it ends below the root of that name', async () => {
    const client = rig.createClient({ preferredChain: 'Other test root' });
    const { chain } = await issue(rig, [`other-root.${zone}`], { client });
    expect(issuersOf(chain).at(-1)).toContain('CN=Other test root');
    const [, intermediate = ''] = chain.split(/(?<=END CERTIFICATE-----\n)/);
    const { publicKey } = new X509Certificate(otherRoot);
    expect(new X509Certificate(intermediate).verify(publicKey)).toBe(true);
  });

  it('is the default where none has that name, or the default has it', async () => {
    for (const preferredChain of ['A root of nobody', 'Local test intermediate', undefined]) {
      const client = rig.createClient({ preferredChain });
      const { chain } = await issue(rig, [`default-root.${zone}`], { client });
      expect(issuersOf(chain).at(-1)).not.toContain('Other test root');
    }
  });

  it('is asked for again after an outage between the two chains', async () => {
    const client = rig.createClient({ preferredChain: 'Other test root' });
    const { orderUrl } = await issue(rig, [`outage-root.${zone}`], { client });
    rig.authority.faults.set('certificate', { status: 503, count: 1 });
    await expect(client.downloadChain(orderUrl)).rejects.toMatchObject({ retryAfterMs: 1_000 });
    expect(issuersOf((await client.downloadChain(orderUrl)).chainPem).at(-1)).toContain('Other test root');
  });
});

describe('revocation', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig();
  });
  afterAll(() => rig.close());
  afterEach(() => rig.authority.faults.clear());

  const reasonOf = (chain: string): unknown => {
    const fingerprint = createHash('sha256').update(new X509Certificate(chain).raw).digest('hex');
    const row = rig.store
      .prepare('SELECT reason FROM acme_certificates WHERE fingerprint = ?')
      .get(fingerprint);
    return (row as { reason: unknown }).reason;
  };

  it('tells the reason that was given, as a code (acmebot: a reason that is never passed)', async () => {
    for (const reason of ['unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation'] as const) {
      const { chain, renewalId } = await issue(rig, [`${reason.toLowerCase()}.${zone}`]);
      await rig.client.revoke(chain, reason);
      expect(reasonOf(chain)).toBe(revocationReasons[reason]);
      const advice = await rig.client.renewalAdvice(renewalId);
      expect(Date.parse(advice?.window.end ?? '')).toBeLessThanOrEqual(Date.now());
    }
  });

  it('succeeds for a certificate that is revoked already', async () => {
    const { chain } = await issue(rig, [`twice.${zone}`]);
    await rig.client.revoke(chain, 'keyCompromise');
    await rig.client.revoke(chain, 'superseded');
    expect(reasonOf(chain)).toBe(revocationReasons.keyCompromise);
  });

  it('is refused to another account and for a certificate of another authority', async () => {
    const { chain } = await issue(rig, [`not-yours.${zone}`]);
    const stranger = rig.createClient({ accountKey: createAccountKey() });
    const refused = { code: 'certificate_revocation_refused', facts: { authority: 'local', status: 403 } };
    await expect(stranger.revoke(chain, 'superseded')).rejects.toMatchObject(refused);
    await expect(rig.client.revoke(rig.root.cert, 'superseded')).rejects.toMatchObject({
      code: 'certificate_revocation_refused',
      facts: { status: 404 },
    });
  });

  it('waits for a limit and an outage, which refuse nothing', async () => {
    const { chain } = await issue(rig, [`later.${zone}`]);
    rig.authority.faults.set('revokeCertificate', { throttleMs: 60_000, count: 1 });
    await expect(rig.client.revoke(chain, 'superseded')).rejects.toMatchObject({
      code: 'certificate_rate_limited',
      retryAfterMs: 60_000,
    });
    rig.authority.faults.set('revokeCertificate', { drop: true, count: 1 });
    await expect(rig.client.revoke(chain, 'superseded')).rejects.toMatchObject({
      code: 'certificate_authority_unavailable',
    });
    await rig.client.revoke(chain, 'superseded');
  });
});
