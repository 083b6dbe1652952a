import type { TokenCredential } from '@azure/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Entra } from '#local/entra/entra.ts';
import { createGraphPrincipalNames } from '#shared/adapters/azure/graph-principal-names.ts';
import { administrator, groups, startEntra, trustedTls } from './tenant.ts';

const operation = 'graph POST /directoryObjects/getByIds';
const nobody = '00000000-0000-4000-8000-0000000000ff';
const minuteMs = 60_000;

let entra: Entra;
let now = 0;
beforeAll(async () => {
  entra = await startEntra(await trustedTls('login.localhost', 'graph.localhost'));
});
afterAll(() => entra.close());
beforeEach(() => entra.faults.clear());

const endpoint = () => `https://graph.localhost:${entra.port}`;
const asked = () => entra.calls.count(operation);

/** The app's identity with these permissions of Graph. */
function credentialWith(roles: readonly string[]): TokenCredential {
  return {
    async getToken(scopes) {
      const aud = String(scopes).replace('/.default', '');
      const token = await entra.mint({ aud, oid: 'of-the-app', idtyp: 'app', roles });
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
}
const namesWith = (...roles: string[]) =>
  createGraphPrincipalNames({ endpoint: endpoint(), credential: credentialWith(roles), now: () => now });

describe('names of principals', () => {
  it('are those of users, groups and programs, in whatever case the id is', async () => {
    const [, principal] = (await listPrincipals()) ?? [];
    const ids = [administrator.objectId.toUpperCase(), groups.operators, principal?.id ?? '', nobody];
    const { found, missing } = await namesWith('Directory.Read.All').find(ids);
    expect([...found]).toEqual([
      [administrator.objectId, { kind: 'user', name: administrator.userPrincipalName }],
      [groups.operators, { kind: 'group', name: 'Operators' }],
      [principal?.id, { kind: 'application', name: principal?.displayName }],
    ]);
    expect([...missing]).toEqual([nobody]);
  });

  it('are left out of a kind that the app may not read', async () => {
    const { found } = await namesWith('User.Read.All').find([administrator.objectId, groups.operators]);
    expect([...found.values()]).toEqual([
      { kind: 'user', name: administrator.userPrincipalName },
      { kind: 'group' },
    ]);
  });

  it('are not found out without a permission, and not asked for again soon', async () => {
    const names = namesWith();
    const before = asked();
    for (let count = 0; count < 2; count += 1) {
      const { found, missing } = await names.find([administrator.objectId, nobody]);
      expect([found.size, missing.size]).toEqual([0, 0]);
    }
    expect(asked()).toBe(before + 1);
    now += 10 * minuteMs;
    await names.find([nobody]);
    expect(asked()).toBe(before + 2);
  });

  it('are remembered for ten minutes; whoever is not there is asked for again', async () => {
    const names = namesWith('Directory.Read.All');
    const before = asked();
    await names.find([administrator.objectId]);
    await names.find([administrator.objectId]);
    expect(asked()).toBe(before + 1);
    await names.find([administrator.objectId, nobody]);
    await names.find([nobody]);
    expect(asked()).toBe(before + 3);
    now += 10 * minuteMs;
    await names.find([administrator.objectId]);
    expect(asked()).toBe(before + 4);
  });

  it('take nothing down with them when the directory is silent', async () => {
    const names = namesWith('Directory.Read.All');
    for (const fault of [{ status: 503 }, { drop: true }, { throttleMs: 1000 }]) {
      entra.faults.set(operation, { ...fault, count: 1 });
      const { found, missing } = await names.find([administrator.objectId]);
      expect([found.size, missing.size]).toEqual([0, 0]);
      now += minuteMs;
    }
    expect((await names.find([administrator.objectId])).found.size).toBe(1);
  });

  it('are asked for a thousand at a time', async () => {
    const before = asked();
    const ids = Array.from(
      { length: 1500 },
      (_, index) => `00000000-0000-4000-8000-1${String(index).padStart(11, '0')}`,
    );
    const { missing } = await namesWith('Directory.Read.All').find(ids);
    expect([missing.size, asked() - before]).toEqual([1500, 2]);
  });
});

async function listPrincipals() {
  const token = await entra.mint({ aud: 'https://graph.microsoft.com', oid: nobody, idtyp: 'app' });
  const reply = await fetch(`${endpoint()}/v1.0/servicePrincipals`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return ((await reply.json()) as { value?: { id: string; displayName: string }[] }).value;
}
