import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { connect, type TLSSocket } from 'node:tls';
import { AppError, type ErrorCode } from '#shared/domain/error.ts';
import type { SessionProbe } from '#shared/ports/session-probe.ts';

const codeOf = (error: unknown): string =>
  error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : '';

/**
 * The fatal alerts of RFC 8446 section 6 that the proxy sends in clear: access_denied and unrecognized_name before
 * any machine was asked, internal_error when the machine could not be reached. OpenSSL has the number in its text.
 */
const alerts: Readonly<Record<string, ErrorCode>> = {
  49: 'proxy_refused',
  112: 'proxy_refused',
  80: 'agent_offline',
};

const unreachable = new Set(['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

function hopOf(error: unknown): { code: ErrorCode; detail: string } {
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  const alert = alerts[/SSL alert number (\d+)/.exec(text)?.[1] ?? ''];
  if (alert === 'proxy_refused') return { code: alert, detail: 'the proxy refused the session name' };
  if (alert === 'agent_offline') return { code: alert, detail: 'the proxy could not reach the agent' };
  if (unreachable.has(code))
    return { code: 'proxy_unreachable', detail: `the proxy does not take connections (${code})` };
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return { code: 'agent_offline', detail: 'the connection ended before the machine had answered' };
  }
  return { code: 'leaf_mismatch', detail: `the handshake with the machine failed (${code || text})` };
}

const timedOut = new AppError('agent_offline', 'nothing behind the proxy finished the handshake in time');

function handshake(socket: TLSSocket, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timedOut), timeoutMs);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    socket.once('secureConnect', () => end(resolve));
    socket.once('error', (error) => end(() => reject(error)));
    socket.once('close', () =>
      end(() => reject(Object.assign(new Error('closed before the handshake'), { code: 'ECONNRESET' }))),
    );
  });
}

/** The probe with node:tls, certificate checks on: exactly what a browser will do next. */
export function createTlsSessionProbe(): SessionProbe {
  return {
    async tryHandshake(hostName, port, timeoutMs) {
      const { address } = await lookup(hostName).catch((cause: unknown) => {
        throw new AppError('name_not_resolved', `the session name does not resolve (${codeOf(cause)})`, {
          cause,
        });
      });
      const socket = connect({ host: address, port, servername: hostName, ALPNProtocols: ['http/1.1'] });
      try {
        await handshake(socket, timeoutMs);
        const leaf = socket.getPeerX509Certificate();
        if (!leaf) throw new AppError('leaf_mismatch', 'the machine showed no certificate');
        return { thumbprint: createHash('sha256').update(leaf.raw).digest('hex') };
      } catch (error) {
        if (error instanceof AppError) throw error;
        const { code, detail } = hopOf(error);
        throw new AppError(code, detail, { cause: error });
      } finally {
        socket.on('error', () => {});
        socket.destroy();
      }
    },
  };
}
