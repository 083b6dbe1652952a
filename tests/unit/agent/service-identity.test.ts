import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openServiceIdentity } from '#agent/service-identity.ts';

const audience = 'http://127.0.0.1:6516';
const visitor = { sessionId: 'a'.repeat(16), user: 'ada@contoso.example', userId: 'object-1' };

describe('what the agent says of a visitor', () => {
  let folder: string;
  let now: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'identity-'));
    now = 1_800_000_000;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = () => openServiceIdentity(folder, () => now);
  const keysFile = () => join(folder, 'service-identity-keys.json');
  const readKeys = async () => JSON.parse(await readFile(keysFile(), 'utf8')) as JSONWebKeySet;
  const check = async (statement: string, at = now) =>
    jwtVerify(statement, createLocalJWKSet(await readKeys()), {
      algorithms: ['ES256'],
      issuer: 'admin-center-agent',
      audience,
      typ: 'admin-center-identity+jwt',
      currentDate: new Date(at * 1000),
    });

  it('requirement 79: names him, his session and his group, and is good with the published key for two minutes', async () => {
    const statement = (await open()).statementFor(visitor, audience);
    const { payload } = await check(statement);
    expect(payload).toEqual({
      iss: 'admin-center-agent',
      sub: visitor.user,
      oid: visitor.userId,
      sid: visitor.sessionId,
      aud: audience,
      groups: ['administrators'],
      iat: now,
      exp: now + 120,
    });
    await expect(check(statement, now + 121)).rejects.toThrow('"exp" claim');
    expect(statement).toMatch(/^[\w.-]+$/);
  });

  it('is made anew before it is too old, for each service by itself', async () => {
    const { statementFor } = await open();
    const first = statementFor(visitor, audience);
    expect(statementFor(visitor, 'http://127.0.0.1:9')).not.toBe(first);
    now += 59;
    expect(statementFor(visitor, audience)).toBe(first);
    now += 1;
    const second = statementFor(visitor, audience);
    expect(second).not.toBe(first);
    await check(second);
    // The clock was set back.
    now -= 3600;
    await check(statementFor(visitor, audience));
  });

  it('is signed by the same key after a restart; the private half is in one file alone, for the agent’s account', async () => {
    const { keys } = await (await open(), readKeys());
    await open();
    expect((await readKeys()).keys).toEqual(keys);
    expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    const { d } = JSON.parse(await readFile(join(folder, 'service-identity.json'), 'utf8')) as { d: string };
    const holders = [];
    for (const name of await readdir(folder))
      if ((await readFile(join(folder, name), 'utf8')).includes(d)) holders.push(name);
    expect(holders).toEqual(['service-identity.json']);
    expect((await stat(join(folder, 'service-identity.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(keysFile())).mode & 0o777).toBe(0o644);
  });

  it('gets another key where its own is damaged', async () => {
    const { keys } = await (await open(), readKeys());
    await writeFile(join(folder, 'service-identity.json'), '{}');
    const { statementFor } = await open();
    expect((await readKeys()).keys).not.toEqual(keys);
    await check(statementFor(visitor, audience));
  });
});
