import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DnsRecordSet } from '#local/kit/boundaries.ts';
import { soa } from '../dns/zone-table.ts';
import { createRig, issue, type Rig, zone } from './rig.ts';

const caa = (...values: string[]): DnsRecordSet => ({ type: 'CAA', ttlSeconds: 60, values });

/** RFC 8659. */
describe('an authority that reads CAA records', () => {
  let rig: Rig;
  let counter = 0;
  beforeAll(async () => {
    rig = await createRig();
  });
  afterAll(() => rig.close());
  afterEach(() => {
    rig.dns.faults.clear();
    setApex();
  });

  const setApex = (...values: string[]): void => {
    (rig.zones[zone] ?? {})['@'] = [soa, ...(values.length > 0 ? [caa(...values)] : [])];
  };
  const names = (): string[] => {
    counter += 1;
    return [`caa${counter}.${zone}`, `*.caa${counter}.${zone}`];
  };

  it('says by which names a record may allow it', async () => {
    expect(await rig.client.caaIdentities()).toEqual(['acme.localhost']);
  });

  it.each([
    ['nobody', ['0 issue ";"'], 2],
    ['another authority', ['0 issue "ca.example"'], 2],
    ['no wildcards of this one', ['0 issue "acme.localhost"', '0 issuewild ";"'], 1],
    ['another method', ['0 issue "acme.localhost; validationmethods=http-01"'], 2],
    ['another account', ['0 issue "acme.localhost; accounturi=https://acme.localhost/acme/account/x"'], 2],
    ['what it does not understand', ['128 tbs "unknown"'], 2],
  ])(
    'issues nothing where the zone allows %s, and says who would be allowed',
    async (_who, values, forbidden) => {
      setApex(...values);
      const hostNames = names();
      const error: unknown = await issue(rig, hostNames).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'certificate_authority_forbidden',
        message: expect.stringContaining(`CAA record for ${zone} prevents issuance`),
        facts: { authority: 'local', type: 'caa', identities: ['acme.localhost'] },
      });
      const { subproblems } = (error as { facts: { subproblems: { identifier: { value: string } }[] } })
        .facts;
      const refused = subproblems.map(({ identifier }) => identifier.value);
      expect(hostNames.slice(-forbidden)).toEqual(expect.arrayContaining(refused));
    },
  );

  it('calls an order forbidden when one of its names is, whatever is wrong with the others', async () => {
    setApex('0 issuewild ";"');
    const [base = '', wildcard = ''] = names();
    const order = await rig.client.createOrder({ hostNames: [base, wildcard] });
    const [, second] = order.challenges;
    rig.publish({ ...order, challenges: second ? [second] : [] });
    for (const { challengeUrl } of order.challenges) await rig.client.answerChallenge(challengeUrl);
    await expect
      .poll(() => rig.client.readOrder(order.orderUrl).catch((error: unknown) => error))
      .toMatchObject({
        code: 'certificate_authority_forbidden',
        facts: { type: 'compound', identities: ['acme.localhost'] },
      });
  });

  it.each([
    ['it', ['0 issue "acme.localhost; validationmethods=dns-01"']],
    ['it among others', ['0 issue "ca.example"', '0 issue "ACME.localhost"', '0 iodef "mailto:a@b.example"']],
    ['wildcards of it', ['0 issue "acme.localhost"', '0 issuewild "acme.localhost"']],
  ])('issues where the zone allows %s', async (_who, values) => {
    setApex(...values);
    expect((await issue(rig, names())).chain).toContain('BEGIN CERTIFICATE');
  });

  it('issues where the zone allows our account', async () => {
    setApex(`0 issue "acme.localhost; accounturi=${await rig.client.ensureAccount()}"`);
    expect((await issue(rig, names())).chain).toContain('BEGIN CERTIFICATE');
  });

  it('goes by the record that is closest to the name', async () => {
    setApex('0 issue "ca.example"');
    const [base = '', wildcard = ''] = names();
    (rig.zones[zone] ?? {})[base.slice(0, -zone.length - 1)] = [caa('0 issue "acme.localhost"')];
    expect((await issue(rig, [base, wildcard])).chain).toContain('BEGIN CERTIFICATE');
  });

  it('issues nothing while the name server cannot say, which forbids nothing', async () => {
    rig.dns.faults.set('CAA', { status: 500 });
    await expect(issue(rig, names())).rejects.toMatchObject({
      code: 'certificate_challenge_failed',
      message: expect.stringContaining('SERVFAIL looking up CAA'),
    });
  });
});
