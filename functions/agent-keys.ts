import { createPublicKey } from 'node:crypto';
import { commitAudited } from '#orchestrations/audit-trail.ts';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import type { AuditActor, AuditEntry } from '#shared/domain/audit.ts';
import type { AgentDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { Change } from '#shared/ports/machine-store.ts';
import type { EnrolmentRequest, PublicKey } from '#shared/protocol/agent-messages.ts';
import type { AppPorts } from './ports.ts';

/** An agent that has not been heard of for three of its heartbeats is gone. */
const silenceMs = 3 * 60_000;
/** Two that enrol at a time: the second sees the first. */
const rounds = 3;

/** A point that is not on its curve would fail much later, when the first certificate is sealed to it. */
export function requireOnCurve(keys: Record<string, PublicKey>): void {
  for (const [field, key] of Object.entries(keys)) {
    try {
      createPublicKey({ format: 'jwk', key: { ...key } });
    } catch (cause) {
      const errors = [{ field, message: 'is not a point on P-256' }];
      throw new AppError('invalid_request', `${field} is not a point on P-256`, { facts: { errors }, cause });
    }
  }
}

/** Heard of lately: by a report, or by its enrolment, which its first report follows. One that said goodbye is not. */
export function isLive({ enrolledAt, lastSeenAt, connected }: AgentDocument, now: Date): boolean {
  if (lastSeenAt !== undefined && connected !== true) return false;
  return now.getTime() - Date.parse(lastSeenAt ?? enrolledAt) < silenceMs;
}

/** What the agent showed: the token of our own install, or the identity of its machine. */
type Proof = NonNullable<AgentDocument['enrolledBy']>;

/**
 * Other keys than those that are enrolled. A token is for one pair of keys, and takes the place of an identity, which
 * proves less. By identity, keys are replaced where their agent is silent: the keys of an agent that is gone open nothing
 * and are wanted by nobody, while one that works is not thrown out by whoever got hold of a token of its machine.
 */
function requireReplaceable(earlier: AgentDocument, proof: Proof, now: Date): void {
  if (proof === 'token' && earlier.enrolledBy !== 'identity')
    throw new AppError('enrolment_refused', 'the machine has enrolled with other keys already');
  if (proof === 'identity' && isLive(earlier, now))
    throw new AppError(
      'enrolment_refused',
      'an agent with other keys is at work on this machine: stop it, or wait until it is silent',
    );
}

/** The agent of a machine as the audit has it. */
export const agentActor = (machineId: string): AuditActor => ({
  id: machineId,
  name: 'Agent of the machine',
  kind: 'agent',
});

/** A token proves an install of ours; the identity proves the machine itself. */
const auditOf = (machineId: string, proof: Proof, hadOthers: boolean): AuditEntry => ({
  actor: agentActor(machineId),
  action: 'agent enrol',
  outcome: 'succeeded',
  detail: `by ${proof}, ${hadOthers ? 'in the place of other keys' : 'for the first time'}`,
});

/** Enrols the keys of an agent; the same keys again get the same answer. */
export async function enrolKeys(
  ports: AppPorts,
  machineId: string,
  body: Pick<EnrolmentRequest, 'signingKey' | 'encryptionKey' | 'agentVersion'>,
  enrolledBy: Proof,
): Promise<void> {
  const keys = {
    signingKey: JSON.stringify(body.signingKey),
    encryptionKey: JSON.stringify(body.encryptionKey),
  };
  for (let round = 1; ; round += 1) {
    const found = await ports.store.read(machineId, 'agent');
    const earlier = found?.document;
    const isSame = earlier?.signingKey === keys.signingKey && earlier.encryptionKey === keys.encryptionKey;
    // Of an agent that enrolled by identity the token of the install that completes its own is noted.
    if (isSame && (earlier.enrolledBy ?? 'token') === 'token') return;
    if (isSame && enrolledBy === 'identity') return;
    if (earlier && !isSame) requireReplaceable(earlier, enrolledBy, ports.now());
    const agent: AgentDocument = isSame
      ? { ...earlier, enrolledBy }
      : {
          type: 'agent',
          machineId,
          ...keys,
          enrolledAt: ports.now().toISOString(),
          ...(enrolledBy === 'identity' && { enrolledBy }),
          agentVersion: body.agentVersion,
          reportSequence: 0,
        };
    const change: Change = found ? { replace: agent, etag: found.etag } : { create: agent };
    try {
      if (isSame) await ports.store.commit(machineId, [change]);
      else
        await commitAudited(
          ports,
          machineId,
          [change],
          auditOf(machineId, enrolledBy, earlier !== undefined),
        );
      if (earlier && !isSame) await replaceHeldKey(ports, machineId);
      return;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch' || round === rounds) throw error;
    }
  }
}

/** A certificate whose key only the earlier agent held is ordered anew. */
async function replaceHeldKey(ports: AppPorts, machineId: string): Promise<void> {
  const certificate = await ports.store.read(machineId, 'certificate');
  if (certificate?.document.leaf?.custody !== 'machine') return;
  const requestedAt = ports.now().toISOString();
  const request = { reason: 'superseded', revoke: false, requestedAt } as const;
  await moveCertificate(ports, machineId, { type: 'replace', request });
}
