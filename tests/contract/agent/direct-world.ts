import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { createClock } from '#agent/clock.ts';
import { createWaysIn } from '#agent/ways-in.ts';
import { freePort } from '#local/kit/free-port.ts';
import type { TunnelListener } from '#shared/ports/tunnel.ts';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { shakeHands } from './door-connection.ts';
import { hostOf, openTestMachine, ticketFor } from './door-machine.ts';
import { startTargetService } from './target-service.ts';
import { issueCertificate } from './test-authority.ts';

/** A relay that nobody uses. */
const noTunnel = (): TunnelListener => ({
  onStream: () => undefined,
  onState: () => undefined,
  start: () => undefined,
  close: async () => undefined,
});

/** A machine that listens on an address of its own, with its real door and a real service behind it. */
export async function openDirectWorld() {
  const service = await startTargetService();
  const port = await freePort();
  const machine = await openTestMachine({ port, targetPort: service.port });
  const content = await issueCertificate();
  await machine.install(content, thumbprintOf(new X509Certificate(content.chainPem)));
  const failures: string[] = [];
  const changes: boolean[] = [];
  const lines: string[] = [];
  const waysIn = createWaysIn({
    openTunnel: noTunnel,
    tokens: { get: () => Promise.reject(new Error('no tokens here')), drop: () => undefined },
    clock: createClock(),
    logger: createLogger({ write: (line) => void lines.push(line), level: 'debug', now: Date.now }),
    onStream: (incoming) => machine.door().take(incoming),
    isAllowed: (asked) => machine.door().allows(asked),
    onChange: (isReachable) => changes.push(isReachable),
    onFailure: (detail) => failures.push(detail),
  });
  machine.onPolicyChange(() => waysIn.review());

  const at = (change: Partial<NonNullable<AgentState['direct']>> = {}) => ({
    address: '127.0.0.1',
    port,
    ...change,
  });

  return {
    port,
    machine,
    service,
    waysIn,
    failures,
    changes,
    lines,
    at,
    aim(direct: AgentState['direct']) {
      const { direct: _, ...state } = machine.state();
      waysIn.aim({ ...state, relay: { host: '', path: '' }, ...(direct && { direct }) });
    },
    connectAs: (sessionId: string, serverName = hostOf(sessionId), to = at()) =>
      shakeHands({ host: to.address, port: to.port }, serverName),
    /** A cookie of an open session. */
    async signIn(sessionId: string): Promise<string> {
      const { get, socket } = await this.connectAs(sessionId);
      const opened = await get(`/_session?ticket=${await ticketFor(sessionId)}`);
      socket.destroy();
      return opened.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    },
    /** Sends bytes and answers all that comes back, or the code of the error. */
    async send(bytes: Buffer, to = at()): Promise<Buffer | string> {
      const socket = connectTcp({ host: to.address, port: to.port });
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      const failed = once(socket, 'error').then(([error]: { code?: string }[]) => error?.code ?? '');
      socket.end(bytes);
      return Promise.race([failed, once(socket, 'close').then(() => Buffer.concat(chunks))]);
    },
    allow: (policy: object) =>
      writeFile(join(machine.dataDirectory, 'local-policy.json'), JSON.stringify(policy)),
    async close() {
      await waysIn.close();
      await machine.close();
      await service.close();
    },
  };
}

export type DirectWorld = Awaited<ReturnType<typeof openDirectWorld>>;
