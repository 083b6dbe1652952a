import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '#local/kit/free-port.ts';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import { tcpSocketsOf } from '../../support/process-sockets.ts';
import { startFakeControlPlane } from './fake-control-plane.ts';
import { issueCertificate, machineName, zone } from './test-authority.ts';

const program = join(import.meta.dirname, '../../../agent/main.ts');
const resourceId = '/subscriptions/x/machines/test-1';
const token = 'a token that is long enough';

describe.runIf(process.platform === 'linux')('the sockets of an agent', () => {
  let folder: string;
  let direct: AgentState['direct'];
  let agent: ChildProcess | undefined;
  let log = '';
  let controlPlane: Awaited<ReturnType<typeof startFakeControlPlane>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-sockets-'));
    const certificate = { thumbprint: '0'.repeat(64), ...(await issueCertificate()) };
    controlPlane = await startFakeControlPlane({
      token,
      state: (machineId) => ({
        machineId,
        machineName,
        zone,
        services: [{ name: 'WAC', port: 6516 }],
        retiredNames: [],
        ticketKeys: [],
        relay: { host: 'relay.localhost:1', path: direct ? '' : machineName },
        messages: {
          host: 'bus.localhost',
          endpoint: 'https://127.0.0.1:1',
          eventQueue: 'e',
          reportQueue: 'r',
        },
        ...(direct && { direct }),
      }),
      tokens: () => ({ events: '', reports: '', relay: '', expiresAt: '2100-01-01T00:00:00.000Z' }),
      certificate: () => certificate,
      onRequest: async () => undefined,
    });
  });
  afterAll(async () => {
    agent?.kill('SIGKILL');
    await controlPlane.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs the program until it has done what the control plane wants. */
  async function start(next: AgentState['direct']): Promise<number> {
    direct = next;
    log = '';
    const config = join(folder, 'config.json');
    const port = String(next?.port ?? 6516);
    const settings = { controlPlane: controlPlane.origin, resourceId, port, salt: '', token };
    await writeFile(config, JSON.stringify({ ...settings, dataDirectory: join(folder, 'data') }));
    const started = spawn(process.execPath, [program, 'run', '--config', config]);
    agent = started;
    started.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await vi.waitFor(() => expect(log).toContain('agent.state_applied'), { timeout: 15_000 });
    return started.pid ?? 0;
  }

  async function stop(): Promise<void> {
    const ended = agent && once(agent, 'exit');
    agent?.kill('SIGTERM');
    await ended;
  }

  it('requirement 69: in reverse mode there is none that listens', async () => {
    expect(tcpSocketsOf(await start(undefined)).listening).toEqual([]);
    await stop();
  });

  it('requirement 83: in direct mode one listens, on the chosen address and port', async () => {
    const port = await freePort();
    const pid = await start({ address: '127.0.0.1', port });
    await vi.waitFor(() => expect(log).toContain('listener.opened'));
    const inHex = port.toString(16).toUpperCase().padStart(4, '0');
    expect(tcpSocketsOf(pid).listeningAt).toEqual([`0100007F:${inHex}`]);
    await stop();
  });
});
