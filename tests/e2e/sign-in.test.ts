import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { getPage, openSessionUrl } from '#local/main-job/open-session-url.ts';
import type { OperationReply } from '#shared/protocol/api.ts';
import { installOn } from '../support/install.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

const user = 'administrator@sample.localhost';

describe('who the tool on the machine takes a visitor for', () => {
  let system: SystemUnderTest;
  let administrator: ApiClient & { token: string };
  let machineId: string;

  beforeAll(async () => {
    system = await startSystem();
    administrator = await system.as('Administrator');
    ({ machineId } = await installOn(administrator, machineAt(system, 0)));
  });
  afterAll(() => system?.stop());

  const folder = () => dirname(machineAt(system, 0).agentCertificates);

  /** Opens a session; answers the page, and what the tool knows of who is there. */
  async function visit() {
    const { url, sessionId } = await administrator.connect(machineId);
    const page = await openSessionUrl(url);
    const { body } = await getPage(new URL('/api/visitor', url).href, { cookie: page.cookie });
    return { url, sessionId, page, visitor: JSON.parse(body) as Record<string, unknown> };
  }

  async function change(signIn: 'local' | 'virtual-account'): Promise<void> {
    const response = await fetch(`${system.baseUrl}/api/machines/${machineId}/extension`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${administrator.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ signIn }),
    });
    expect(response.status).toBe(202);
    const operation = (await response.json()) as OperationReply;
    expect(await administrator.follow(operation, () => undefined)).toMatchObject({ status: 'succeeded' });
  }

  it('requirements 79 and C3: is the user of Azure by default, and the tool can check it by itself', async () => {
    const { page, visitor, sessionId } = await visit();
    expect(visitor).toMatchObject({
      user,
      claims: { sub: user, sid: sessionId, groups: ['administrators'] },
    });
    const account = system.accounts.find(({ userPrincipalName }) => userPrincipalName === user);
    expect(visitor).toMatchObject({ claims: { oid: account?.objectId } });
    expect(page.body).toContain(`Signed in as <strong>${user}</strong>`);
    expect(page.body).toContain('Vouched for by the agent');
  });

  it('requirements 78 and C3: is nobody where the tool asks for an account of the machine itself', async () => {
    await change('local');
    await expect.poll(async () => (await visit()).visitor, { timeout: 30_000 }).toEqual({});
    const { page } = await visit();
    expect(page.body).toContain('Sign in with an account of this machine');
    expect(page.body).not.toContain(user);
    await change('virtual-account');
    await expect.poll(async () => (await visit()).visitor, { timeout: 30_000 }).toMatchObject({ user });
  });

  it('requirements 79 and 80: has an account of the machine while the session lives, made and removed by the hook', async () => {
    const runs = join(folder(), 'runs');
    const hooks = join(folder(), 'hooks');
    mkdirSync(hooks, { mode: 0o700 });
    const text =
      '#!/bin/sh\ncat >> "$ADMIN_CENTER_DATA/runs"; echo >> "$ADMIN_CENTER_DATA/runs"\necho \'{"account":"ac-administrator"}\'\n';
    writeFileSync(join(hooks, 'recorder'), text);
    chmodSync(join(hooks, 'recorder'), 0o700);
    const config = join(folder(), 'config.json');
    writeFileSync(
      config,
      JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), identityHook: 'recorder' }),
    );
    const pid = Number(readFileSync(join(folder(), '..', 'agent.pid'), 'utf8'));
    process.kill(pid, 'SIGTERM');
    await expect
      .poll(
        () =>
          visit().then(
            ({ visitor }) => visitor['account'],
            () => undefined,
          ),
        { timeout: 40_000 },
      )
      .toBe('ac-administrator');
    const { page, sessionId } = await visit();
    expect(page.body).toContain('As the account <strong>ac-administrator</strong> of this machine');
    await fetch(`${system.baseUrl}/api/machines/${machineId}/sessions/${sessionId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${administrator.token}` },
    });
    const removed = () =>
      readFileSync(runs, 'utf8')
        .split('\n')
        .filter((line) => line.includes('"action":"remove"') && line.includes(sessionId));
    await expect.poll(removed, { timeout: 20_000 }).toHaveLength(1);
    expect(JSON.parse(removed()[0] ?? '{}')).toMatchObject({ user, account: 'ac-administrator' });
  });
});
