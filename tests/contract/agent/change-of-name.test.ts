import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { hostOf, openTestMachine, type TestMachine, ticketFor } from './door-machine.ts';
import { startTargetService } from './target-service.ts';
import { issueCertificate, machineName } from './test-authority.ts';

const nextName = 'n'.repeat(26);
const [one, two, three] = ['b', 'c', 'd'].map((letter) => letter.repeat(16)) as [string, string, string];

describe('sessions of a machine whose name changes', () => {
  let service: Awaited<ReturnType<typeof startTargetService>>;
  let machine: TestMachine;
  beforeAll(async () => {
    service = await startTargetService();
    machine = await openTestMachine({ port: service.port });
    const content = await issueCertificate();
    await machine.install(content, thumbprintOf(new X509Certificate(content.chainPem)));
  });
  afterAll(async () => {
    await machine.close();
    await service.close();
  });

  it('stay open, on connections that live and on new ones, and their links still open them', async () => {
    const cookie = await machine.signIn(one);
    const living = await machine.connectAs(one);
    expect((await living.get('/', { cookie })).status).toBe(200);
    const minted = await ticketFor(two);

    machine.configure({
      machineName: nextName,
      retiredNames: [{ machineName, until: '2030-01-01T00:00:00Z' }],
    });
    const content = await issueCertificate(nextName);
    await machine.install(content, thumbprintOf(new X509Certificate(content.chainPem)));

    expect((await living.get('/', { cookie })).status).toBe(200);
    expect((await (await machine.connectAs(one)).get('/', { cookie })).status).toBe(200);
    const late = await machine.connectAs(two);
    expect((await late.get(`/_session?ticket=${minted}`)).status).toBe(302);
  });

  it('are opened under the new name by a ticket for the new name alone', async () => {
    const place = hostOf(three, nextName);
    const connection = await machine.connectAs(three, place);
    const foreign = await connection.get(`/_session?ticket=${await ticketFor(three)}`);
    expect(foreign).toMatchObject({ status: 401, body: expect.stringContaining('ticket_foreign') });
    const ticket = await ticketFor(three, { machineName: nextName });
    expect((await connection.get(`/_session?ticket=${ticket}`)).status).toBe(302);
  });

  it('find no door under a name that is gone', async () => {
    machine.configure({ retiredNames: [] });
    await expect(machine.connectAs(one)).rejects.toThrow(/alert|closed/);
    const place = hostOf(three, nextName);
    expect((await (await machine.connectAs(three, place)).get('/')).status).toBe(401);
  });
});
