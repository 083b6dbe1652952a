import { connect } from 'node:net';

const timeoutMs = 5_000;

export interface OutboundFinding {
  /** `host:port`. */
  host: string;
  /** Why it was not reached; absent when it was. */
  reason?: string;
}

/** `https://host` and `host:port` alike; 443, or 80 for plain HTTP, where no port is said. */
function addressOf(text: string): { host: string; port: number } {
  const url = new URL(text.includes('://') ? text : `https://${text}`);
  const usual = url.protocol === 'http:' ? 80 : 443;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || usual) };
}

function tryHost(text: string): Promise<OutboundFinding> {
  const { host, port } = addressOf(text);
  const named = `${host}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reason?: string) => {
      socket.destroy();
      resolve(reason === undefined ? { host: named } : { host: named, reason });
    };
    socket.setTimeout(timeoutMs, () => end('no answer in 5 s'));
    socket.once('connect', () => end());
    socket.once('error', (error) => end('code' in error ? String(error.code) : 'refused'));
  });
}

/** Opens a connection to each, and closes it again. Never rejects. */
export const tryHosts = (addresses: readonly string[]): Promise<OutboundFinding[]> =>
  Promise.all([...new Set(addresses)].map(tryHost));
