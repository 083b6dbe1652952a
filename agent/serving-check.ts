import { X509Certificate } from 'node:crypto';
import { duplexPair } from 'node:stream';
import { connect, createServer, type SecureContext } from 'node:tls';
import { AppError } from '#shared/domain/error.ts';
import { thumbprintOf } from './certificate-pair.ts';

const timeoutMs = 5_000;

/**
 * Shakes hands with the agent's own certificate, in process, and answers the thumbprint of the leaf that came: a
 * certificate counts as served when a client has really been given it. Throws `agent_not_serving`.
 */
export async function tryServing(
  serverName: string,
  contextFor: (serverName: string) => SecureContext | undefined,
): Promise<string> {
  const [ours, theirs] = duplexPair();
  const server = createServer({ SNICallback: (name, done) => done(null, contextFor(name)) });
  server.on('tlsClientError', () => undefined);
  server.emit('connection', ours);
  // Trust is not the question: the leaf is compared with the one that was installed, to the last bit.
  const client = connect({ socket: theirs, servername: serverName, rejectUnauthorized: false });
  try {
    return await new Promise<string>((resolve, reject) => {
      client.once('secureConnect', () =>
        resolve(thumbprintOf(new X509Certificate(client.getPeerCertificate().raw))),
      );
      client.once('error', reject);
      client.setTimeout(timeoutMs, () => reject(new Error('the handshake took too long')));
    });
  } catch (cause) {
    throw new AppError('agent_not_serving', 'the handshake with the own certificate failed', { cause });
  } finally {
    client.destroy();
    ours.destroy();
    theirs.destroy();
    server.close(() => undefined);
  }
}
