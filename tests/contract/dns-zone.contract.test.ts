import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DnsZoneSubject, openAzure, openMemory } from '../support/dns-zone-subjects.ts';

const proxy = 'proxy.example.net';
const day = 24 * 60 * 60 * 1000;

describe.each([
  ['in memory', openMemory],
  ['in Azure DNS', openAzure],
])('a zone %s', (_, open) => {
  let subject: DnsZoneSubject;
  beforeAll(async () => {
    subject = await open();
  });

  it('knows its name and the servers that it was given to', async () => {
    expect(subject.dns.zone).toBe('wac.localhost');
    const servers = await subject.dns.nameServers();
    expect(servers.length).toBeGreaterThan(0);
    expect(servers.filter((server) => !/^[a-z0-9.-]+[a-z0-9]$/.test(server))).toEqual([]);
  });

  describe('a name', () => {
    it('points where its owner says, again and again', async () => {
      for (const name of ['n1', '*.n1']) {
        for (const target of [proxy, proxy, '192.0.2.1', '192.0.2.2', '2001:db8::1', 'other.example.net']) {
          await subject.dns.pointName(name, target, 'machine-1');
          expect(subject.targetAt(name)).toBe(target);
        }
        await subject.dns.removeName(name, 'machine-1');
        await subject.dns.removeName(name, 'machine-1');
        expect(subject.targetAt(name)).toBeUndefined();
      }
    });

    it('points to one thing alone when its owner changes between the proxy and an address', async () => {
      const targets = [proxy, '192.0.2.1', proxy, '2001:db8::1', '192.0.2.1', '2001:db8::1', proxy];
      for (const target of targets) {
        for (const name of ['n6', '*.n6']) {
          await subject.dns.pointName(name, target, 'machine-1');
          expect(subject.pointersAt(name)).toEqual([expect.stringMatching(/^(CNAME|A|AAAA) \S+$/)]);
          expect(subject.pointersAt(name)[0]).toMatch(
            new RegExp(`^${/\d$/.test(target) ? 'A' : 'CNAME'}.* ${target}$`),
          );
        }
      }
      await subject.dns.removeName('n6', 'machine-1');
      expect(subject.pointersAt('n6')).toEqual([]);
    });

    it('is not for another owner to take or to remove', async () => {
      await subject.dns.pointName('n2', proxy, 'machine-1');
      for (const target of [proxy, 'other.example.net', '192.0.2.1', '2001:db8::1'])
        await expect(subject.dns.pointName('n2', target, 'machine-2')).rejects.toMatchObject({
          code: 'dns_name_taken',
        });
      await subject.dns.removeName('n2', 'machine-2');
      expect(subject.targetAt('n2')).toBe(proxy);
    });

    it('goes to one of two machines that want it at once', async () => {
      for (const [name, second] of [
        ['n3', 'other.example.net'],
        ['n4', '192.0.2.1'],
      ] as const) {
        const outcomes = await Promise.allSettled([
          subject.dns.pointName(name, proxy, 'machine-1'),
          subject.dns.pointName(name, second, 'machine-2'),
        ]);
        expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
        const winner = outcomes[0].status === 'fulfilled' ? proxy : second;
        expect(subject.targetAt(name)).toBe(winner);
      }
    });

    it('is taken again after its owner left it', async () => {
      await subject.dns.pointName('n5', proxy, 'machine-1');
      await subject.dns.removeName('n5', 'machine-1');
      await subject.dns.pointName('n5', '192.0.2.9', 'machine-2');
      expect(subject.targetAt('n5')).toBe('192.0.2.9');
    });

    it("is left alone where somebody else's record stands", async () => {
      await subject.addForeign('theirs', 'CNAME', 'elsewhere.example');
      for (const target of [proxy, '192.0.2.1'])
        await expect(subject.dns.pointName('theirs', target, 'machine-1')).rejects.toMatchObject({
          code: 'dns_record_foreign',
          message: expect.stringContaining('theirs.wac.localhost'),
        });
      await subject.dns.removeName('theirs', 'machine-1');
      expect(subject.targetAt('theirs')).toBe('elsewhere.example');
    });
  });

  describe('TXT values', () => {
    it('of two orders stand side by side, and each takes out its own (acmebot defect 5)', async () => {
      const name = '_acme-challenge.t1';
      await Promise.all([
        subject.dns.addTextValues(name, ['first base', 'first wildcard']),
        subject.dns.addTextValues(name, ['second base', 'second wildcard']),
      ]);
      expect(subject.textsAt(name).toSorted()).toEqual([
        'first base',
        'first wildcard',
        'second base',
        'second wildcard',
      ]);
      await Promise.all([
        subject.dns.removeTextValues(name, ['first base', 'first wildcard']),
        subject.dns.addTextValues(name, ['third']),
      ]);
      expect(subject.textsAt(name).toSorted()).toEqual(['second base', 'second wildcard', 'third']);
    });

    it('of several orders are those that each left there, whatever the others did meanwhile', async () => {
      const step = fc.tuple(fc.constantFrom('add', 'remove'), fc.integer({ min: 0, max: 2 }));
      const writers = fc.array(fc.array(step, { maxLength: 4 }), { minLength: 2, maxLength: 3 });
      let round = 0;
      await fc.assert(
        fc.asyncProperty(writers, async (all) => {
          round += 1;
          const name = `_acme-challenge.p${round}`;
          const left = new Set<string>();
          await Promise.all(
            all.map(async (steps, writer) => {
              for (const [change, number] of steps) {
                const value = `${writer}-${number}`;
                if (change === 'add') left.add(value);
                else left.delete(value);
                if (change === 'add') await subject.dns.addTextValues(name, [value]);
                else await subject.dns.removeTextValues(name, [value]);
              }
            }),
          );
          expect(subject.textsAt(name).toSorted()).toEqual([...left].toSorted());
        }),
        { numRuns: 15 },
      );
    });

    it('are there once however often they are added, and gone when they are taken out', async () => {
      const name = '_acme-challenge.t2';
      await subject.dns.addTextValues(name, ['a', 'b']);
      await subject.dns.addTextValues(name, ['b', 'a']);
      expect(subject.textsAt(name).toSorted()).toEqual(['a', 'b']);
      await subject.dns.removeTextValues(name, ['a', 'b', 'never there']);
      await subject.dns.removeTextValues(name, ['a', 'b']);
      expect(subject.textsAt(name)).toEqual([]);
    });

    it("are refused where somebody else's stand", async () => {
      const name = '_acme-challenge.theirs';
      await subject.addForeign(name, 'TXT', 'their proof');
      const refusal = { code: 'dns_record_foreign', message: expect.stringContaining(name) };
      await expect(subject.dns.addTextValues(name, ['ours'])).rejects.toMatchObject(refusal);
      await expect(subject.dns.removeTextValues(name, ['their proof'])).rejects.toMatchObject(refusal);
      await subject.dns.removeTextValues(name, ['ours']);
      expect(subject.textsAt(name)).toEqual(['their proof']);
    });
  });

  describe('the list of proofs', () => {
    it('has our own, with the time of the last addition', async () => {
      await subject.dns.addTextValues('_acme-challenge.l1', ['old']);
      subject.advance(day);
      await subject.dns.addTextValues('_acme-challenge.l1', ['new']);
      const added = (await subject.dns.listProofs()).find(({ relativeName }) => relativeName.endsWith('.l1'));
      expect(added).toEqual({
        relativeName: '_acme-challenge.l1',
        values: ['old', 'new'],
        touchedAt: '2026-11-22T12:00:00.000Z',
      });
      subject.advance(day);
      await subject.dns.removeTextValues('_acme-challenge.l1', ['old']);
      await subject.dns.addTextValues('_acme-challenge.l1', ['new']);
      expect(await subject.dns.listProofs()).toContainEqual({
        relativeName: '_acme-challenge.l1',
        values: ['new'],
        touchedAt: '2026-11-22T12:00:00.000Z',
      });
    });

    it("has neither somebody else's nor other texts of ours", async () => {
      await subject.addForeign('_acme-challenge.l2', 'TXT', 'their proof');
      await subject.dns.addTextValues('notice.l3', ['not a proof']);
      const names = (await subject.dns.listProofs()).map(({ relativeName }) => relativeName);
      expect(names.filter((name) => name.endsWith('.l2') || name.endsWith('.l3'))).toEqual([]);
    });
  });
});
