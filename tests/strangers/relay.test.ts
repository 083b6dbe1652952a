import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RelayTwin, startRelayTwin } from '../contract/relay/twin.ts';
import { requirePrograms } from '../support/programs.ts';
import { failureOf, runProgram } from './run-program.ts';

const python = '/usr/bin/python3';
const hasLibrary =
  (await runProgram(python, ['-c', 'import websockets']).catch(() => ({ code: 1 }))).code === 0;
const isHere =
  hasLibrary ||
  requirePrograms("Python's websockets against the relay", [
    { program: 'python3-websockets', debianPackage: 'python3-websockets' },
  ]);

const path = 'stranger';
const folder = mkdtempSync(join(tmpdir(), 'stranger-'));
let twin: RelayTwin;
beforeAll(async () => {
  twin = await startRelayTwin();
  twin.addPath(path);
});
afterAll(async () => {
  await twin.close();
  rmSync(folder, { recursive: true });
});

// "Azure Relay Hybrid Connections protocol": learn.microsoft.com/azure/azure-relay/relay-hybrid-connections-protocol
describe.skipIf(!isHere)("Python's websockets", () => {
  it('listens, is called, rejects, accepts and is closed as the protocol says', async () => {
    const bundle = join(folder, 'root.pem');
    writeFileSync(bundle, tls.getCACertificates('default').join('\n'));
    const program = fileURLToPath(new URL('./python/relay.py', import.meta.url));
    const result = await runProgram(python, [program, twin.host, path, bundle], {
      LISTEN_TOKEN: twin.sas({ path, right: 'Listen' }),
      SEND_TOKEN: twin.sas({ path, right: 'Send' }),
    });
    expect(failureOf(result)).toBeUndefined();
    expect(JSON.parse(result.output)).toEqual({
      anonymous: 401,
      nobody: 404,
      'wrong right': 403,
      rejected: 410,
      told: 451,
      host: twin.host,
      heard: 'up',
      answer: 'down',
      closed: 1000,
    });
  });
});
