import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { exportJWK, generateKeyPair } from 'jose';
import type { ArcReading } from '#agent/arc-watch.ts';
import { openCertificateKeys } from '#agent/certificate-keys.ts';
import { createCertificateStore } from '#agent/certificate-store.ts';
import { createClock } from '#agent/clock.ts';
import { openIdentity } from '#agent/identity.ts';
import type { RunHook } from '#agent/identity-hook.ts';
import { type MachineDoor, openMachineDoor } from '#agent/machine-door.ts';
import { mintLabel } from '#shared/domain/label.ts';
import type { StreamPurpose } from '#shared/ports/tunnel.ts';
import type { AgentState, SessionCount } from '#shared/protocol/agent-messages.ts';
import { sealCertificate } from '#shared/protocol/sealed-certificate.ts';
import { mintTicket } from '#shared/protocol/ticket.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { type Connection, shakeHands } from './door-connection.ts';
import { machineName, zone } from './test-authority.ts';

export const nowSeconds = () => Math.floor(Date.now() / 1000);

const ticketKeys = await generateKeyPair('ES256', { extractable: true });
const { x = '', y = '' } = await exportJWK(ticketKeys.publicKey);
const ticketKey = { kty: 'EC', crv: 'P-256', x, y, kid: 'tickets-1', alg: 'ES256' } as const;

export interface TicketChange {
  id?: string;
  machineName?: string;
  sessionId?: string;
  service?: 'WAC' | 'SSH';
  sessionEndsAt?: number;
  mintedAt?: number;
}

let tickets = 0;
export function ticketFor(sessionId: string, change: TicketChange = {}): Promise<string> {
  const { mintedAt = nowSeconds(), ...rest } = change;
  const ticket = {
    id: `ticket-${String((tickets += 1)).padStart(12, '0')}`,
    user: 'ada@contoso.example',
    userId: '00000000-0000-4000-8000-0000000000c1',
    machineName,
    sessionId,
    service: 'WAC' as const,
    sessionEndsAt: nowSeconds() + 3600,
    ...rest,
  };
  const sign = async (input: Uint8Array) =>
    new Uint8Array(
      await crypto.subtle.sign(
        { name: 'ECDSA', hash: 'SHA-256' },
        ticketKeys.privateKey,
        Uint8Array.from(input),
      ),
    );
  return mintTicket(ticket, ticketKey.kid, sign, mintedAt);
}

const labelsExpireAt = nowSeconds() + 3600;

/** The host name of a session; the agent does not check the label's MAC, the proxy does. */
export function hostOf(sessionId: string, name = machineName): string {
  const label = mintLabel(new Uint8Array(32), name, {
    sessionId,
    service: 'WAC',
    expiresAt: labelsExpireAt,
  });
  return `${label}.${name}.${zone}`;
}

/** One machine's door with everything real behind it but the tunnel: streams are in-memory pairs. */
export async function openTestMachine(options: {
  port: number;
  /** Where the service listens, when that is elsewhere. */
  targetPort?: number;
  services?: AgentState['services'];
  runHook?: RunHook;
  /** What the Arc agent lets in; there is none where absent. */
  readArc?: () => Promise<ArcReading>;
  sampleMs?: number;
}) {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'agent-door-'));
  const identity = await openIdentity(dataDirectory);
  const keys = await openCertificateKeys(dataDirectory);
  const certificates = createCertificateStore({
    dataDirectory,
    unsealingKey: identity.unsealingKey,
    keys,
    onFileFailure: (file, error) => lines.push(`damaged ${file} ${String(error)}`),
  });
  await certificates.load();
  const lines: string[] = [];
  const counts: SessionCount[] = [];
  const accountFailures: string[] = [];
  let unreachable = 0;
  let isWithheld = false;
  let onPolicyChange = () => undefined as void;
  let state: AgentState = {
    machineId: 'b'.repeat(26),
    machineName,
    zone,
    services: options.services ?? [{ name: 'WAC', port: options.port }],
    retiredNames: [],
    ticketKeys: [ticketKey],
    relay: { host: 'local.relay.localhost', path: machineName },
    messages: { host: '', endpoint: '', eventQueue: '', reportQueue: '' },
  };
  const openDoor = async (): Promise<MachineDoor> => {
    const its: { door?: MachineDoor } = {};
    const report = () => {
      const news = its.door?.sessionNews() ?? [];
      counts.push(...news);
      its.door?.told(news);
    };
    const opened = await openMachineDoor({
      settings: {
        dataDirectory,
        port: String(options.port),
        targetScheme: 'http',
        resourceId: '/subscriptions/x/machines/test-1',
        ...(options.targetPort !== undefined && { targetPort: String(options.targetPort) }),
      },
      clock: createClock(),
      certificates,
      logger: createLogger({ write: (line) => void lines.push(line), level: 'debug', now: Date.now }),
      readArc: options.readArc ?? (async () => ({ known: undefined })),
      arcFolder: join(dataDirectory, 'arc'),
      runHook: options.runHook,
      onPolicyChange: () => onPolicyChange(),
      onSessionNews: () => setImmediate(report),
      onAccountFailure: (detail) => void accountFailures.push(detail),
      ...(options.sampleMs !== undefined && { sampleMs: options.sampleMs }),
      isWithheld: () => isWithheld,
      onUnreachable: () => (unreachable += 1),
    });
    its.door = opened;
    report();
    opened.configure(state);
    return opened;
  };
  const install = async (content: { privateKeyPem: string; chainPem: string }, thumbprint: string) =>
    certificates.install(
      { thumbprint, sealed: await sealCertificate(identity.publicEncryptionKey, content) },
      { thumbprint, custody: 'vault' },
      state,
    );
  let door = await openDoor();

  /** A stream as the tunnel brings it; rejects with the status and reason that the agent gave. */
  const openStream = (purpose: StreamPurpose) =>
    new Promise<ReturnType<typeof duplexPair>[0]>((resolve, reject) => {
      door.take({
        purpose,
        accept: async () => {
          const [ours, theirs] = duplexPair();
          ours.once('close', () => theirs.destroy());
          theirs.once('close', () => ours.destroy());
          resolve(theirs);
          return ours;
        },
        reject: async (status, reason) => reject(new Error(`${status} ${reason}`)),
      });
    });

  const connectAs = async (sessionId: string, serverName = hostOf(sessionId)): Promise<Connection> =>
    shakeHands({ socket: await openStream({ service: 'WAC', sessionId }) }, serverName);

  return {
    dataDirectory,
    certificates,
    lines,
    /** What reports would have said of sessions. */
    counts,
    accountFailures,
    install,
    openStream,
    connectAs,
    door: () => door,
    state: () => state,
    onPolicyChange(listener: () => void) {
      onPolicyChange = listener;
    },
    /** Whether somebody has to agree first. */
    withhold(next: boolean) {
      isWithheld = next;
      door.configure(state);
    },
    /** How often the local service was missed. */
    unreachable: () => unreachable,
    /** As the control plane says it next. */
    configure(change: Partial<AgentState>) {
      state = { ...state, ...change };
      door.configure(state);
    },
    /** Opens the session with a fresh ticket; answers the cookie as the browser would send it back. */
    async signIn(sessionId: string): Promise<string> {
      const connection = await connectAs(sessionId);
      const opened = await connection.get(`/_session?ticket=${await ticketFor(sessionId)}`);
      connection.socket.destroy();
      return opened.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    },
    async restart() {
      await door.close();
      door = await openDoor();
    },
    async close() {
      await door.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

export type TestMachine = Awaited<ReturnType<typeof openTestMachine>>;
