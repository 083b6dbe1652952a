/**
 * Captures the ClientHello of real clients into tests/fixtures/client-hello/, one file each. Run it when a client
 * changes what it sends: `node tools/capture-client-hello.ts [chromium]` (an argument is a browser to capture too).
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';

const name = 'label.machine.wac.localhost';
const folder = join(import.meta.dirname, '..', 'tests', 'fixtures', 'client-hello');
/** A hello comes at once; what comes in this time after its first byte belongs to it. */
const settleMs = 300;

/** Takes the first bytes of one connection to a new port. */
async function capture(file: string, start: (port: number) => () => void): Promise<void> {
  let stop = () => {};
  const bytes = await new Promise<Buffer>((resolve) => {
    const server: Server = createServer((socket) => {
      // A browser opens more than one.
      const chunks: Buffer[] = [];
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        if (chunks.push(chunk) > 1) return;
        setTimeout(() => {
          socket.destroy();
          server.close();
          resolve(Buffer.concat(chunks));
        }, settleMs);
      });
    });
    server.listen(0, '127.0.0.1', () => {
      stop = start((server.address() as AddressInfo).port);
    });
  });
  stop();
  writeFileSync(join(folder, `${file}.bin`), bytes);
  console.log(`${file}: ${bytes.length} bytes`);
}

const nodeTls = (options: ConnectionOptions) => (port: number) => {
  const socket = connect({ host: '127.0.0.1', port, servername: name, ...options });
  socket.on('error', () => {});
  return () => socket.destroy();
};

const program = (command: string, argumentsFor: (port: number) => string[]) => (port: number) => {
  const child = spawn(command, argumentsFor(port), { stdio: ['pipe', 'ignore', 'ignore'] });
  return () => child.kill();
};

mkdirSync(folder, { recursive: true });
await capture('node-tls13', nodeTls({ minVersion: 'TLSv1.3', ecdhCurve: 'X25519' }));
await capture('node-tls12', nodeTls({ maxVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] }));
await capture(
  'node-post-quantum',
  nodeTls({ ecdhCurve: 'X25519MLKEM768', ALPNProtocols: ['h2', 'http/1.1'] }),
);
await capture('node-without-name', nodeTls({ servername: '' }));
await capture(
  'openssl',
  program('openssl', (port) => ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', name]),
);
await capture(
  'curl',
  program('curl', (port) => ['-sk', '--resolve', `${name}:${port}:127.0.0.1`, `https://${name}:${port}/`]),
);
const browser = process.argv[2];
if (browser) {
  const profile = mkdtempSync(join(tmpdir(), 'client-hello-'));
  await capture(
    'chromium',
    program(browser, (port) => [
      '--headless',
      '--no-sandbox',
      `--user-data-dir=${profile}`,
      `https://${name}:${port}/`,
    ]),
  );
  rmSync(profile, { recursive: true, force: true });
}
