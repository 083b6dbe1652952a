import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { checkUnixHookFile } from '#agent/hook-file.ts';
import { createIdentityHook, type HookInput, type RunHook } from '#agent/identity-hook.ts';
import { openTestMachine, type TestMachine, ticketFor } from './door-machine.ts';
import { startTargetService } from './target-service.ts';
import { issueCertificate } from './test-authority.ts';

const patience = { timeout: 15_000 };
const [one, two] = ['b'.repeat(16), 'c'.repeat(16)];
const later = Math.floor(Date.now() / 1000) + 3600;

describe('who a service takes a visitor for', () => {
  let service: Awaited<ReturnType<typeof startTargetService>>;
  let machine: TestMachine;
  /** Made with the first run: the hook's folder is in the data directory. */
  let hook: RunHook | undefined;

  const open = async (withHook: boolean) => {
    const runHook: RunHook = (input) => {
      hook ??= createIdentityHook({
        dataDirectory: machine.dataDirectory,
        name: 'recorder',
        checkFile: checkUnixHookFile,
        environment: { SECRET: 'of the agent' },
        timeoutMs: 2_000,
      });
      return hook(input);
    };
    machine = await openTestMachine({ port: service.port, ...(withHook && { runHook }) });
    const content = await issueCertificate();
    await machine.install(content, thumbprintOf(new X509Certificate(content.chainPem)));
    if (withHook) await writeHook(recorder);
  };

  beforeEach(async () => {
    hook = undefined;
    service = await startTargetService();
  });
  afterEach(async () => {
    await machine.close();
    await service.close();
  });

  const hookFile = () => join(machine.dataDirectory, 'hooks', 'recorder');
  /** Notes what it is told and with which environment, and answers an account. */
  const recorder =
    'cat >> "$ADMIN_CENTER_DATA/runs"; echo >> "$ADMIN_CENTER_DATA/runs"; env > "$ADMIN_CENTER_DATA/environment"; echo \'{"account":"ac-ada"}\'';
  async function writeHook(text: string): Promise<void> {
    await mkdir(join(machine.dataDirectory, 'hooks'), { recursive: true, mode: 0o700 });
    await writeFile(hookFile(), `#!/bin/sh\n${text}\n`);
    await chmod(hookFile(), 0o700);
  }
  const runs = async (): Promise<HookInput[]> => {
    const text = await readFile(join(machine.dataDirectory, 'runs'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as HookInput);
  };
  const actions = async () => (await runs()).map(({ action, sessionId }) => `${action} ${sessionId}`);
  async function visit(sessionId: string, cookie: string) {
    const connection = await machine.connectAs(sessionId);
    const reply = await connection.get('/', { cookie });
    connection.socket.destroy();
    return { reply, headers: service.seen.at(-1)?.headers ?? {} };
  }

  it('requirements 79 and C3: is told his name and a signed statement without any configuration', async () => {
    await open(false);
    const { headers } = await visit(one, await machine.signIn(one));
    expect(headers).toMatchObject({ 'x-admin-center-user': 'ada@contoso.example' });
    expect(headers).not.toHaveProperty('x-admin-center-account');
    const keys = await readFile(join(machine.dataDirectory, 'service-identity-keys.json'), 'utf8');
    const { payload } = await jwtVerify(
      String(headers['x-admin-center-identity']),
      createLocalJWKSet(JSON.parse(keys) as JSONWebKeySet),
      { audience: `http://127.0.0.1:${service.port}`, issuer: 'admin-center-agent', algorithms: ['ES256'] },
    );
    expect(payload).toMatchObject({
      sub: 'ada@contoso.example',
      oid: '00000000-0000-4000-8000-0000000000c1',
      sid: one,
      groups: ['administrators'],
    });
  });

  it('requirements 78 and C3: is told nothing where it asks for a local account itself, and no hook runs', async () => {
    await open(true);
    machine.configure({ signIn: 'local' });
    const cookie = await machine.signIn(one);
    const { reply, headers } = await visit(one, cookie);
    expect(reply.status).toBe(200);
    expect(Object.keys(headers).filter((name) => name.startsWith('x-admin-center'))).toEqual([]);
    const socket = (await machine.connectAs(one)).webSocket('/live', { cookie });
    await once(socket, 'open');
    socket.terminate();
    expect(Object.keys(service.seen.at(-1)?.headers ?? {}).join(' ')).not.toContain('x-admin-center');
    expect(await runs()).toEqual([]);
  });

  it('requirements 79 and 80: has an account made before the first request of a session, and removed after its end', async () => {
    await open(true);
    const cookie = await machine.signIn(one);
    expect(await runs()).toEqual([
      {
        action: 'create',
        user: 'ada@contoso.example',
        objectId: '00000000-0000-4000-8000-0000000000c1',
        sessionId: one,
        machine: '/subscriptions/x/machines/test-1',
        group: 'administrators',
        otherSessions: 0,
        account: null,
      },
    ]);
    expect((await visit(one, cookie)).headers['x-admin-center-account']).toBe('ac-ada');
    const socket = (await machine.connectAs(one)).webSocket('/live', { cookie });
    await once(socket, 'open');
    expect(service.seen.at(-1)?.headers['x-admin-center-account']).toBe('ac-ada');
    socket.on('error', () => undefined);
    await machine.signIn(two);
    await machine.door().revoke(one, later);
    await vi.waitFor(async () => expect(await runs()).toHaveLength(3), patience);
    expect((await runs())[2]).toMatchObject({
      action: 'remove',
      sessionId: one,
      account: 'ac-ada',
      otherSessions: 1,
    });
    const environment = await readFile(join(machine.dataDirectory, 'environment'), 'utf8');
    expect(environment).not.toContain('SECRET');
    const names = environment.split('\n').map((line) => line.split('=', 1)[0]);
    expect(
      names.filter(
        (name) =>
          !['PATH', 'LC_ALL', 'ADMIN_CENTER_DATA', 'PWD', 'OLDPWD', 'SHLVL', '_', ''].includes(name ?? ''),
      ),
    ).toEqual([]);
  });

  it('keeps the account over a restart, and removes what a crash left behind', async () => {
    await open(true);
    const cookie = await machine.signIn(one);
    await machine.restart();
    expect((await visit(one, cookie)).headers['x-admin-center-account']).toBe('ac-ada');
    expect(await actions()).toEqual([`create ${one}`]);
    const file = join(machine.dataDirectory, 'virtual-accounts.json');
    const kept = JSON.parse(await readFile(file, 'utf8')) as Record<string, object>;
    const left = {
      [two]: { user: 'bo@contoso.example', state: 'creating' },
      ['d'.repeat(16)]: { user: 'bo@contoso.example', account: 'ac-bo', state: 'ready' },
    };
    await writeFile(file, JSON.stringify({ ...kept, ...left }));
    await machine.restart();
    await vi.waitFor(async () => expect(await runs()).toHaveLength(3), patience);
    expect((await actions()).slice(1).toSorted()).toEqual([`remove ${two}`, `remove ${'d'.repeat(16)}`]);
    await vi.waitFor(
      async () => expect(Object.keys(JSON.parse(await readFile(file, 'utf8')) as object)).toEqual([one]),
      patience,
    );
  });

  it('requirement 79: makes the account of a session that was open before there was a hook, once, for whatever comes first', async () => {
    await open(true);
    const cookie = await machine.signIn(one);
    await rm(join(machine.dataDirectory, 'virtual-accounts.json'));
    await machine.restart();
    const socket = (await machine.connectAs(one)).webSocket('/live', { cookie });
    socket.on('open', () => socket.send('first'));
    socket.on('error', () => undefined);
    const [[answer], { headers }] = await Promise.all([once(socket, 'message'), visit(one, cookie)]);
    expect(String(answer)).toBe('first');
    expect(headers['x-admin-center-account']).toBe('ac-ada');
    expect(service.seen.map(({ headers: seen }) => seen['x-admin-center-account'])).toEqual([
      'ac-ada',
      'ac-ada',
    ]);
    expect(await actions()).toEqual([`create ${one}`, `create ${one}`]);
    socket.terminate();
  });

  it('tells of a record of accounts that is damaged, and goes on', async () => {
    await open(true);
    await writeFile(join(machine.dataDirectory, 'virtual-accounts.json'), '{');
    await machine.restart();
    expect(machine.accountFailures).toEqual([expect.stringContaining('may be left')]);
    expect((await visit(one, await machine.signIn(one))).reply.status).toBe(200);
  });

  it.each([
    ['fails', 'echo "useradd: cannot lock /etc/passwd" >&2; exit 1', 'cannot lock'],
    ['hangs', 'sleep 60', 'took longer'],
    ['leaves something behind that holds its output', 'setsid sleep 60 & exit 0', 'took longer'],
    ['answers something else', 'echo account=ada', 'something else'],
    ['answers a name of two lines', String.raw`echo '{"account":"a\nb"}'`, 'something else'],
    ['prints without end', 'yes', 'printed too much'],
  ])('lets nobody in when the hook %s, says so on a page, and reports it', async (_, text, why) => {
    await open(true);
    await writeHook(text);
    const { get } = await machine.connectAs(one);
    const reply = await get(`/_session?ticket=${await ticketFor(one)}`);
    expect(reply.status).toBe(503);
    expect(reply.body).toContain('account_failed');
    expect(reply.headers).not.toHaveProperty('set-cookie');
    expect(machine.accountFailures[0]).toContain('virtual_account_failed: create:');
    expect(machine.accountFailures[0]).toContain(why);
    expect(service.seen).toEqual([]);
  });

  it('tries a removal again until it succeeds, and reports the first failure', async () => {
    await open(true);
    await machine.signIn(one);
    await writeHook(
      `[ -e "$ADMIN_CENTER_DATA/mended" ] || { : > "$ADMIN_CENTER_DATA/mended"; exit 3; }; ${recorder}`,
    );
    await machine.door().revoke(one, later);
    await vi.waitFor(
      async () => expect(await actions()).toEqual([`create ${one}`, `remove ${one}`]),
      patience,
    );
    expect(machine.accountFailures).toEqual([expect.stringContaining('virtual_account_failed: remove:')]);
    await vi.waitFor(() => expect(machine.lines.join('')).toContain('account.removed'), patience);
  });

  it.each([
    ['others may write it', async () => chmod(hookFile(), 0o722)],
    ['others may write its folder', async () => chmod(join(machine.dataDirectory, 'hooks'), 0o777)],
    ['others may write the data directory', async () => chmod(machine.dataDirectory, 0o773)],
    ['it is a link', async () => (await rm(hookFile()), await symlink('/bin/true', hookFile()))],
    ['it is not executable', async () => chmod(hookFile(), 0o600)],
    ['it is not there', async () => rm(hookFile())],
  ])('does not run a hook when %s', async (_, change) => {
    await open(true);
    await change();
    const { get } = await machine.connectAs(one);
    expect((await get(`/_session?ticket=${await ticketFor(one)}`)).status).toBe(503);
    expect(machine.accountFailures[0]).toContain('the hook is not run');
    expect(await runs()).toEqual([]);
  });

  it('requirement 79: removes all accounts when the machine is uninstalled', async () => {
    await open(true);
    await machine.signIn(one);
    await machine.signIn(two);
    await machine.door().end(AbortSignal.timeout(10_000));
    expect((await actions()).slice(2).toSorted()).toEqual([`remove ${one}`, `remove ${two}`]);
  });
});
