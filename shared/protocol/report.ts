import { CompactSign, type CryptoKey, compactVerify, importJWK } from 'jose';
import { AppError } from '#shared/domain/error.ts';
import { type AgentReport, agentReport, type PublicKey } from './agent-messages.ts';

const type = 'agent-report+jws';

export async function signReport(key: CryptoKey, report: AgentReport): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(report));
  return new CompactSign(payload).setProtectedHeader({ alg: 'ES256', typ: type }).sign(key);
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * The report, if it is signed by this key for this machine and newer than `lastSequence`. Throws
 * `report_refused` otherwise; the caller drops it and must not retry.
 */
export async function verifyReport(
  key: PublicKey,
  machineId: string,
  jws: string,
  lastSequence: number,
): Promise<AgentReport> {
  const refuse = (why: string, cause?: unknown) => new AppError('report_refused', why, { cause });
  const verified = await importJWK({ ...key }, 'ES256')
    .then((imported) => compactVerify(jws, imported, { algorithms: ['ES256'] }))
    .catch((cause: unknown) => {
      throw refuse('the signature is not by the enrolled key', cause);
    });
  if (verified.protectedHeader.typ !== type) throw refuse('the token is no report');
  const parsed = agentReport.safeParse(readJson(verified.payload));
  if (!parsed.success) throw refuse('the report has not the agreed shape', parsed.error);
  if (parsed.data.machineId !== machineId) throw refuse('the report speaks for another machine');
  if (parsed.data.sequence <= lastSequence) throw refuse('the report is a repetition');
  return parsed.data;
}
