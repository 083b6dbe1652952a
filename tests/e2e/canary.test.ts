import { once } from 'node:events';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { openSessionUrl } from '#local/main-job/open-session-url.ts';
import { installOn } from '../support/install.ts';
import { machineAt, type SystemUnderTest, startOwn } from '../support/system.ts';
import { filesOf, findIn, findInFiles, keepEveryRow, newMarker, writingsOf } from '../support/traces.ts';

/** What somebody types for a tool on the machine, by the way that it goes. */
const typed = {
  form: newMarker(),
  'form without a session': newMarker(),
  'WebSocket message': newMarker(),
  header: newMarker(),
  query: newMarker(),
  'query without a session': newMarker(),
  cookie: newMarker(),
  'body of an upload': newMarker(),
};
/** Written by us, to be kept: whoever finds nothing of it cannot find the others either. */
const kept = newMarker();

describe('what is typed into a tool on the machine', () => {
  let system: SystemUnderTest;
  let administrator: ApiClient & { token: string };
  let machineId: string;
  let machineName: string;
  let folder: string;
  let sessionId: string;
  const printed: string[] = [];
  const answers: string[] = [];

  beforeAll(async () => {
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream);
      vi.spyOn(stream, 'write').mockImplementation((...[chunk]) => {
        printed.push(String(chunk));
        return write(chunk);
      });
    }
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, method).mockImplementation((...values: unknown[]) => {
        printed.push(values.map(String).join(' '));
      });
    }
    system = await startOwn();
    administrator = await system.as('Administrator');
    ({ machineId } = await installOn(administrator, machineAt(system, 0)));
    machineName = (await administrator.getMachine(machineId)).machineName ?? '';
    folder = join(machineAt(system, 0).agentCertificates, '../../../..');
    for (const store of stores()) keepEveryRow(store);
    await typeEverything();
    await keepMarker();
    await vi.waitFor(untilCounted, { timeout: 30_000, interval: 500 });
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await system?.stop();
  });

  const stores = () => filesOf(folder).filter((file) => file.endsWith('.sqlite'));

  /** The machine has told its last count, through bus and store. */
  async function untilCounted(): Promise<void> {
    const response = await fetch(`${system.baseUrl}/api/machines/${machineId}/sessions?ended=true`, {
      headers: { authorization: `Bearer ${administrator.token}` },
    });
    const { value } = (await response.json()) as {
      value: { sessionId: string; usage?: { connections: number } }[];
    };
    const counted = value.find((one) => one.sessionId === sessionId)?.usage;
    if (counted?.connections !== 0) throw new Error('the last count of the session has not come');
  }

  async function typeEverything(): Promise<void> {
    const session = await administrator.connect(machineId);
    sessionId = session.sessionId;
    const { cookie } = await openSessionUrl(session.url);
    const at = (path: string) => new URL(path, session.url).href;
    const send = async (path: string, options: RequestInit & { headers?: Record<string, string> } = {}) => {
      const response = await fetch(at(path), { redirect: 'manual', ...options });
      answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`);
      return response;
    };
    const form = (password: string) => ({
      method: 'POST',
      body: new URLSearchParams({ user: '.\\Administrator', password: `Pa$$ ${password}&/+` }),
    });
    expect((await send('/sign-in', { ...form(typed.form), headers: { cookie } })).status).toBe(303);
    expect((await send('/sign-in', form(typed['form without a session']))).status).toBe(401);
    const echo = `/api/echo?password=${encodeURIComponent(`ü ${typed.query}`)}`;
    const headers = { cookie: `${cookie}; tool=${typed.cookie}`, 'x-echo': typed.header };
    expect((await send(echo, { headers })).status).toBe(200);
    expect((await send(`/?password=${typed['query without a session']}`)).status).toBe(401);
    const upload = { method: 'PUT', body: typed['body of an upload'], headers: { cookie } };
    expect((await send('/api/echo', upload)).status).toBe(405);
    const socket = new WebSocket(at('/api/console').replace('https:', 'wss:'), { headers: { cookie } });
    await once(socket, 'open');
    socket.send(`Enter-PSSession -Credential ${typed['WebSocket message']}`);
    answers.push(String((await once(socket, 'message'))[0]));
    socket.close();
    await once(socket, 'close');
    await fetch(`${system.baseUrl}/api/machines/${machineId}/sessions/${sessionId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${administrator.token}` },
    });
  }

  /** A lease is kept with its purpose. */
  async function keepMarker(): Promise<void> {
    const response = await fetch(`${system.baseUrl}/api/machines/${machineId}/leases`, {
      method: 'POST',
      headers: { authorization: `Bearer ${administrator.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ service: 'WAC', minutes: 60, purpose: `Mend ${kept}` }),
    });
    expect(response.status).toBe(201);
  }

  it('reaches the tool, and the tool alone answers with it', () => {
    const all = answers.join('\n');
    for (const word of [typed.header, typed.query, typed['WebSocket message']]) expect(all).toContain(word);
  });

  it('is looked for where it would be: what is to be kept is found in the store, a session in bus, logs and agent', () => {
    const traces = findInFiles(folder, kept).join('\n');
    expect(traces).toMatch(/^state\/\S*cosmos\S*: as it is$/m);
    const ofSession = findInFiles(folder, sessionId).join('\n');
    for (const place of [
      /agent\.log: as it is/,
      /logs\/proxy\.log: as it is/,
      /cosmos/,
      /service-bus\S*: as it is/,
      // In a report, which travels as a signed JWS.
      /service-bus\S*: base64/,
      /functions-host\.sqlite/,
      /agent\/door\.json/,
    ])
      expect(ofSession).toMatch(place);
    expect(findInFiles(folder, machineName).join('\n')).toMatch(
      /^state\/\S*(dns|arm|resource)\S*: as it is$/m,
    );
    expect(findInFiles(folder, machineAt(system, 0).name).join('\n')).toContain('logs/');
  });

  it('is found in every writing that it could have', () => {
    const word = newMarker();
    for (const [name, writing] of writingsOf(word))
      expect(findIn(Buffer.concat([Buffer.from('x='), writing, Buffer.from('&')]), word)).toContain(name);
    for (const around of ['', '"', '{"'])
      expect(findIn(Buffer.from(Buffer.from(`${around}${word}"}`).toString('base64url')), word)).not.toEqual(
        [],
      );
    expect(findIn(Buffer.from(newMarker()), word)).toEqual([]);
  });

  it.each(Object.entries(typed))(
    'requirements 81-82: C3: %s is in no log, no store, no bus message, no DNS record and no file',
    (_, word) => {
      expect(findInFiles(folder, word)).toEqual([]);
      expect(findIn(Buffer.from(printed.join('\n')), word)).toEqual([]);
    },
  );

  it('requirements 81-82: C3: all stores and logs of the system were looked through', () => {
    const names = filesOf(folder).map((file) => basename(file));
    expect(stores().length).toBeGreaterThan(0);
    expect(names).toEqual(
      expect.arrayContaining([
        'proxy.log',
        'functions-host.log',
        'server-01.log',
        'agent.log',
        'session-counts.json',
      ]),
    );
  });
});
