import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLocalStatus } from '#agent/local-status.ts';
import { runTool } from '#agent/run-tool.ts';
import { createCapturedHost } from '../../support/captured-host.ts';
import { type AgentWorld, startAgentWorld } from './agent-world.ts';

describe('an agent on a machine where something is amiss', () => {
  let world: AgentWorld;
  beforeAll(async () => {
    world = await startAgentWorld();
  });
  afterAll(() => world.close());

  it('requirements 109-113 and 119: reports what it found and what to do, from its start', async () => {
    world.startAgent({
      host: createCapturedHost({
        service: 'sc-stopped',
        process: 'tasklist-none',
        page: 'ECONNREFUSED',
        arc: 'azcmagent-443',
      }),
    });
    await world.waitForReport({
      checks: expect.arrayContaining([
        {
          id: 'service',
          ok: false,
          found: 'ServerManagementGateway is stopped',
          next: 'start the service: sc.exe start ServerManagementGateway',
        },
        {
          id: 'localhost',
          ok: false,
          found: 'http://localhost:6516 does not load: ECONNREFUSED',
          next: 'see the checks below',
        },
        { id: 'process', ok: true, found: 'Sme.exe does not run' },
        { id: 'installation', ok: null, found: 'SmePort is 6516; tell after the checks above' },
        {
          id: 'ports',
          ok: false,
          found: 'Local configuration setting\nincomingconnections.ports (preview): 443',
          next: 'azcmagent config set incomingconnections.ports 443,6516',
        },
      ]),
    });
  });
});

describe('the local page', () => {
  it('requirement 110: is asked for as localhost, and its status read', async () => {
    const hosts: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      hosts.push(request.headers.host);
      response.writeHead(401).end('x'.repeat(100_000));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await readLocalStatus('http', port)).toEqual({ known: 401 });
    expect(hosts).toEqual([`localhost:${port}`]);
    expect(await readLocalStatus('https', port)).toHaveProperty('unknown');
    await new Promise((resolve) => server.close(resolve));
    expect(await readLocalStatus('http', port)).toEqual({ unknown: 'ECONNREFUSED' });
  });
});

describe('a tool of the system', () => {
  const node = (script: string) => runTool(process.execPath, ['-e', script]);

  it('is run with its arguments as they are, and its code and output are read', async () => {
    expect(await runTool(process.execPath, ['-p', 'process.argv[1]', '$(id) "&'])).toEqual({
      exitCode: 0,
      stdout: '$(id) "&\n',
    });
    expect(await node('process.stdout.write("[SC]"); process.exitCode = 36')).toEqual({
      exitCode: 36,
      stdout: '[SC]',
    });
  });

  it('is not known when it is missing, may not be run, or prints without end', async () => {
    expect(await runTool('/nowhere/sc.exe', [])).toEqual({ failure: 'missing' });
    expect(await runTool(import.meta.dirname, [])).toEqual({ failure: 'denied' });
    expect(await node('process.stdout.write("x".repeat(300_000))')).toEqual({ failure: 'unfinished' });
  });
});
