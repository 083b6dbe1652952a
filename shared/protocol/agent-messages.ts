import { z } from 'zod';
import { signIns } from '#shared/domain/machine.ts';
import { hostCheckList } from './host-check.ts';

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** RFC 7517, the public members only; a private key that is sent by mistake is refused. */
const publicKey = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: coordinate,
  y: coordinate,
});
export type PublicKey = z.infer<typeof publicKey>;

const serviceName = z.enum(['WAC', 'SSH']);

/** `POST /api/agent/enrolment`. Repeating it with the same keys gives the same answer. */
export const enrolmentRequest = z.strictObject({
  resourceId: z.string().max(512),
  /** From the extension's protected settings. */
  token: z.string().min(20).max(200).optional(),
  /**
   * Where the extension was installed by somebody else and there is no token (53): the machine's own access token for
   * this API; its claim `xms_mirid` is the resource id.
   */
  identityToken: z.string().min(20).max(8192).optional(),
  signingKey: publicKey,
  encryptionKey: publicKey,
  agentVersion: z.string().max(40),
});
export type EnrolmentRequest = z.infer<typeof enrolmentRequest>;
export const enrolmentReply = z.object({ machineId: z.string() });
export type EnrolmentReply = z.infer<typeof enrolmentReply>;

/** `GET /api/agent/state`: what the agent is to be. It re-reads this at start, on each event and every hour. */
export const agentState = z.object({
  machineId: z.string(),
  machineName: z.string(),
  zone: z.string(),
  services: z.array(z.object({ name: serviceName, port: z.number().int().min(1).max(65_535) })),
  /** The certificate to serve; absent until one is issued. */
  certificate: z
    .object({
      thumbprint: z.string(),
      version: z.string(),
      notAfter: z.string(),
      /** `machine`: the agent has the key already and fetches the chain alone. */
      custody: z.enum(['vault', 'machine']),
    })
    .optional(),
  /** An order is open and waits for a request signed by a key that the agent makes for it, once per id. */
  certificateRequest: z.object({ id: z.string().max(200), hostNames: z.array(z.string()) }).optional(),
  /** Names that were given up: still served, with the certificates that the agent has, until they disappear here. */
  retiredNames: z.array(z.object({ machineName: z.string(), until: z.iso.datetime() })),
  /** Public keys that session tickets are signed with; `kid` in each. */
  ticketKeys: z.array(publicKey.extend({ kid: z.string(), alg: z.literal('ES256') })),
  /** `path` is empty in direct mode: the name has no relay connection, and `relayConnected` tells of `direct`. */
  relay: z.object({ host: z.string(), path: z.string() }),
  messages: z.object({
    host: z.string(),
    endpoint: z.string(),
    eventQueue: z.string(),
    reportQueue: z.string(),
  }),
  /** In direct mode: where the agent listens, and nowhere else. Absent: it listens on nothing. */
  direct: z.object({ address: z.string().max(45), port: z.number().int().min(1).max(65_535) }).optional(),
  /** Who the services take a visitor for (C3); `virtual-account` where nothing is said. */
  signIn: z.enum(signIns).optional(),
  /** Somebody agreed that a Windows Admin Center that was installed by hand is taken over and lost (54). */
  replaceManual: z.boolean().optional(),
  /** What the machine connects to, `host:port` each: it tries them and reports (requirements 22 and 114). */
  egress: z.array(z.string().max(300)).max(100).optional(),
});
export type AgentState = z.infer<typeof agentState>;

/**
 * `GET /api/agent/certificate`. Key and chain as a compact JWE (ECDH-ES+A256KW, A256GCM) to the agent's encryption
 * key; or, where the machine holds the key, the chain alone.
 */
const sealedCertificate = z.object({ thumbprint: z.string(), sealed: z.string() });
const openChain = z.object({ thumbprint: z.string(), chainPem: z.string() });
export const deliveredCertificate = z.union([sealedCertificate, openChain]);
export type DeliveredCertificate = z.infer<typeof deliveredCertificate>;

/** `PUT /api/agent/certificate-request`: PKCS#10, DER in base64. The same id again must bring the same request. */
export const certificateRequestBody = z.strictObject({
  id: z.string().min(1).max(200),
  request: z.base64().max(8192),
});
export type CertificateRequestBody = z.infer<typeof certificateRequestBody>;
/** What is inside the JWE. */
export const certificateContent = z.object({ privateKeyPem: z.string(), chainPem: z.string() });
export type CertificateContent = z.infer<typeof certificateContent>;

/** `POST /api/agent/tokens`: short-lived, each for one thing. `expiresAt` is ISO 8601. */
export const agentTokens = z.object({
  events: z.string(),
  reports: z.string(),
  relay: z.string(),
  /** To listen, by relay path: one for each name that the machine answers to. */
  relays: z.record(z.string(), z.string()).optional(),
  expiresAt: z.iso.datetime(),
});
export type AgentTokens = z.infer<typeof agentTokens>;

const unreachable = z.object({ host: z.string().max(300), reason: z.string().max(120) });
export type Unreachable = z.infer<typeof unreachable>;
const egressReport = z.object({ checkedAt: z.iso.datetime(), unreachable: z.array(unreachable).max(20) });
export type EgressReport = z.infer<typeof egressReport>;

const byteCount = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Sessions that one report tells of; the rest wait for the next one. */
export const sessionsPerReport = 50;

/** What the machine counted in a session since it was opened; with `ended` for the last time. */
const sessionCount = z.object({
  sessionId: z.string().regex(/^[a-z2-7]{16}$/),
  bytesUp: byteCount,
  bytesDown: byteCount,
  connections: z.number().int().min(0).max(1_000_000),
  lastActiveAt: z.iso.datetime().optional(),
  /** Its connections are closed and no more are let in. */
  ended: z
    .object({
      at: z.iso.datetime(),
      reason: z.enum(['expired', 'revoked', 'local_policy', 'service_closed']),
    })
    .optional(),
});
export type SessionCount = z.infer<typeof sessionCount>;

/**
 * A report, the payload of a JWS by the agent's signing key, sent on `agent-reports` with the machine id as
 * session id. `sequence` grows with each report, across restarts too (milliseconds since the epoch will do).
 */
export const agentReport = z.object({
  machineId: z.string(),
  sequence: z.number().int().positive(),
  at: z.iso.datetime(),
  agentVersion: z.string().max(40),
  kind: z.enum(['started', 'serving', 'heartbeat', 'stopping', 'failed']),
  /** SHA-256 of the leaf that it serves now, lower-case hex. */
  servingThumbprint: z.string().optional(),
  relayConnected: z.boolean(),
  /** What the agent adds to the clock of its machine, milliseconds; absent where that is right. */
  clockOffsetMs: z.number().int().optional(),
  /** Services that the machine's own policy refuses. */
  blockedServices: z.array(serviceName),
  /** The machine's own policy, all its sources together (requirements 38-42). */
  policy: z
    .object({ enabled: z.boolean(), ports: z.array(z.number().int().min(1).max(65_535)).max(100) })
    .optional(),
  /** Sessions that carried something since the last report, and those that ended. */
  sessions: z.array(sessionCount).max(sessionsPerReport).optional(),
  /** What of `egress` in desired state was not reached when it was last tried; absent before the first try. */
  egress: egressReport.optional(),
  /** What the agent last found on its machine. */
  checks: hostCheckList.optional(),
  /** What failed, one sentence, without secrets. */
  detail: z.string().max(500).optional(),
});
export type AgentReport = z.infer<typeof agentReport>;

/** The bus message's body: a compact JWS; with all that may be found on a machine and fifty sessions it is about 36 KB. */
export const reportEnvelope = z.strictObject({ jws: z.string().max(49_152) });
