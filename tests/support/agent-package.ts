import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
const scriptOf = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../agent/install/${name}`, import.meta.url)));

/** The scripts of the agent package with a small program in place of the agent, on a server of its own. */
export async function serveAgentPackage(agent: string) {
  const files: Record<string, Buffer> = {
    'agent.mjs': Buffer.from(agent),
    'install.sh': scriptOf('install.sh'),
    'uninstall.sh': scriptOf('uninstall.sh'),
    'virtual-account.sh': scriptOf('hooks/virtual-account.sh'),
  };
  const sum = () =>
    Object.entries(files)
      .filter(([name]) => name !== 'SHA256SUMS')
      .map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`)
      .join('');
  files['SHA256SUMS'] = Buffer.from(sum());
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    asked.push(name);
    const bytes = files[name];
    response.statusCode = bytes ? 200 : 404;
    response.end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What it answers; changed after the hashes were taken it is what nobody announced. */
    files,
    asked,
    hashes: (): Record<string, string> =>
      Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)])),
    /** Writes SHA256SUMS anew. */
    seal() {
      files['SHA256SUMS'] = Buffer.from(sum());
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
