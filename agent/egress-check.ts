import { request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { addressOf, writeHost } from '#shared/domain/egress.ts';
import type { Unreachable } from '#shared/protocol/agent-messages.ts';
import { homePageText } from '#shared/protocol/home-page.ts';

const usualTimeoutMs = 5_000;
/** Hosts that are tried at one time. */
const breadth = 4;
/** As many are reported; the first of the list are the ones that matter most. */
const reportLimit = 20;
/** Characters of all that is reported as JSON: a report's envelope holds 8 KiB, and other things too. */
const reportSize = 2_000;
const reasonLimit = 120;
/** The page is 150 bytes; whatever else answers need not be read to its end. */
const maxPageBytes = 1_024;

export interface EgressCheckOptions {
  /** Origin of the API: of that host the home page is read too. */
  controlPlane: string;
  /** Ends tries that are under way. */
  signal: AbortSignal;
  timeoutMs?: number;
}

const untrusted = 'its certificate is not trusted: a firewall may inspect the connection';
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'no answer',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for other names',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

/** Straight to the host, whatever proxy the environment names; over TLS with the certificate checked. */
function open(text: string, isPlain: boolean, signal: AbortSignal): Promise<Socket> {
  const { host, port } = addressOf(text);
  return new Promise((resolve, reject) => {
    const socket = isPlain
      ? connect({ host, port })
      : connectTls({ host, port, ALPNProtocols: ['http/1.1'], servername: isIP(host) === 0 ? host : '' });
    const giveUp = () => socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('ended'));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', giveUp));
    socket.on('error', reject);
    socket.once(isPlain ? 'connect' : 'secureConnect', () => resolve(socket));
  });
}

/** Requirement 107: the documented test from inside a machine. Answers what is wrong with it. */
function readHomePage(socket: Socket, host: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ createConnection: () => socket, path: '/', headers: { host } }, (response) => {
      let page = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        page += part;
        if (page.length > maxPageBytes) response.destroy();
      });
      response.once('error', reject);
      response.once('close', () => {
        if (response.statusCode !== 200) return resolve(`GET / answers ${response.statusCode}`);
        // Requirement 108: it is reached, and still something on the way answers in its place.
        resolve(
          page === homePageText ? undefined : 'GET / answers another page: look for what blocks on the way',
        );
      });
    });
    asked.once('error', reject);
    asked.end();
  });
}

async function tryHost(text: string, options: EgressCheckOptions): Promise<Unreachable | undefined> {
  const { controlPlane, signal, timeoutMs = usualTimeoutMs } = options;
  const api = addressOf(controlPlane);
  const isApi = writeHost(api) === text;
  const tooLate = AbortSignal.timeout(timeoutMs);
  let socket: Socket | undefined;
  try {
    socket = await open(text, isApi && api.isPlain, AbortSignal.any([signal, tooLate]));
    const reason = isApi ? await readHomePage(socket, text) : undefined;
    tooLate.throwIfAborted();
    return reason === undefined ? undefined : { host: text, reason };
  } catch (error) {
    const reason = tooLate.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
    return { host: text, reason: reason.slice(0, reasonLimit) };
  } finally {
    socket?.destroy();
  }
}

function fitting(all: readonly Unreachable[]): Unreachable[] {
  let size = 0;
  return all.slice(0, reportLimit).filter((one) => (size += JSON.stringify(one).length) <= reportSize);
}

/** Tries every host, `host:port` each, a few at a time, and answers those that are not reached. Never rejects. */
export async function checkEgress(
  hosts: readonly string[],
  options: EgressCheckOptions,
): Promise<Unreachable[]> {
  const found = new Map<string, Unreachable>();
  const waiting = hosts.values();
  const work = async () => {
    for (const host of waiting) {
      if (options.signal.aborted) return;
      const unreachable = await tryHost(host, options);
      if (unreachable) found.set(host, unreachable);
    }
  };
  await Promise.all(Array.from({ length: breadth }, work));
  return fitting(hosts.flatMap((host) => found.get(host) ?? []));
}
