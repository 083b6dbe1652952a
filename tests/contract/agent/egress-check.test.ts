import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkEgress } from '#agent/egress-check.ts';
import { freePort } from '#local/kit/free-port.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { homePageText } from '#shared/protocol/home-page.ts';

const root = await createLocalRoot(Date.now());
const identity = await issueServerIdentity(root, ['fine.localhost', 'api.localhost'], Date.now());
const stranger = await createLocalRoot(Date.now());
const untrusted = await issueServerIdentity(stranger, ['fine.localhost'], Date.now());

const usual = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...usual, root.cert]));
afterAll(() => setDefaultCACertificates(usual));

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const tlsServer = (certificate = identity) =>
  listen(createTlsServer(certificate, (socket) => socket.resume()));
const page = (status: number, text: string) =>
  listen(createHttpsServer(identity, (_, response) => response.writeHead(status).end(text)));

/** The service is elsewhere unless the test says where. */
const check = (hosts: readonly string[], controlPlane = 'https://api.localhost', timeoutMs = 5_000) =>
  checkEgress(hosts, { controlPlane, timeoutMs, signal: new AbortController().signal });

describe('the agent’s check of what it connects to', () => {
  it('requirements 22 and 114: is content with a host that ends TLS with its own certificate', async () => {
    expect(await check([`fine.localhost:${await tlsServer()}`])).toEqual([]);
  });

  it('requirement 114: tells of each host that is not reached, and why, in the order of the list', async () => {
    const refusing = `fine.localhost:${await freePort()}`;
    const hanging = `fine.localhost:${await listen(createServer())}`;
    const fine = `fine.localhost:${await tlsServer()}`;
    const misnamed = `other.localhost:${await tlsServer()}`;
    const inspected = `fine.localhost:${await tlsServer(untrusted)}`;
    const found = await check([refusing, hanging, fine, misnamed, inspected], undefined, 500);
    expect(found).toEqual([
      { host: refusing, reason: 'it refuses the connection' },
      { host: hanging, reason: 'no answer within 0.5 s' },
      { host: misnamed, reason: 'its certificate is for other names' },
      { host: inspected, reason: 'its certificate is not trusted: a firewall may inspect the connection' },
    ]);
  });

  it('requirement 107: reads the home page of the service, and knows its sentence to the letter', async () => {
    const host = `api.localhost:${await page(200, homePageText)}`;
    expect(await check([host], `https://${host}`)).toEqual([]);
  });

  it.each([
    [200, `${homePageText} `, 'GET / answers another page: look for what blocks on the way'],
    [200, 'x'.repeat(100_000), 'GET / answers another page: look for what blocks on the way'],
    [302, '', 'GET / answers 302'],
    [403, homePageText, 'GET / answers 403'],
  ])(
    'requirement 108: tells that something blocks where the service is reached and answers %i %.9s',
    async (status, text, reason) => {
      const host = `api.localhost:${await page(status, text)}`;
      expect(await check([host], `https://${host}`)).toEqual([{ host, reason }]);
    },
  );

  it('tells of a service that takes the request and does not answer it', async () => {
    const host = `api.localhost:${await listen(createHttpsServer(identity))}`;
    expect(await check([host], `https://${host}`, 500)).toEqual([{ host, reason: 'no answer within 0.5 s' }]);
  });

  it('asks a service on loopback without TLS', async () => {
    const port = await listen(createHttpServer((_, response) => response.end(homePageText)));
    expect(await check([`127.0.0.1:${port}`], `http://127.0.0.1:${port}`)).toEqual([]);
  });

  it('reports no more than fits a report', async () => {
    const port = await freePort();
    const hosts = Array.from({ length: 60 }, (_, index) => `${'x'.repeat(50)}-${index}.localhost:${port}`);
    const found = await check(hosts);
    expect(found.length).toBeGreaterThan(5);
    expect(found.length).toBeLessThanOrEqual(20);
    expect(JSON.stringify(found).length).toBeLessThan(2_100);
  });

  it('ends when the agent does', async () => {
    const hanging = `fine.localhost:${await listen(createServer())}`;
    const stop = new AbortController();
    const checked = checkEgress([hanging], { controlPlane: 'https://api.localhost', signal: stop.signal });
    stop.abort();
    await expect(checked).resolves.toHaveLength(1);
  });
});
