import { hostNamesOf } from '#shared/domain/certificate.ts';
import type { CertificateRequestDocument, MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { type CertificateRequestBody, certificateRequestBody } from '#shared/protocol/agent-messages.ts';
import { problem } from '#shared/protocol/api.ts';
import { raise } from '../messages/agent-reports.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { requireAgent } from './agent.ts';
import { checkCertificateRequest } from './certificate-request-check.ts';
import { defineRoute } from './route.ts';

/** The order that it is for has ended long before. */
const keptSeconds = 365 * 24 * 60 * 60;

function refuse(field: keyof CertificateRequestBody, message: string): AppError {
  return new AppError('invalid_request', `${field}: ${message}`, { facts: { errors: [{ field, message }] } });
}

/** DER of a request for exactly the names of this machine, or of the name that is on its way in. */
function readRequest(ports: AppPorts, machine: MachineDocument, text: string): Buffer {
  const der = Buffer.from(text, 'base64');
  const machineName = machine.nextName?.machineName ?? machine.machineName ?? '';
  try {
    checkCertificateRequest(der, hostNamesOf(machineName, ports.zone));
  } catch (error) {
    throw refuse('request', error instanceof Error ? error.message : String(error));
  }
  return der;
}

/** Written once: the key that the machine has for this id must be the one that the leaf will carry. */
async function keepRequest(ports: AppPorts, document: CertificateRequestDocument): Promise<void> {
  const { machineId, key } = document;
  const find = () => ports.store.read(machineId, 'certificate-request', key);
  let found = await find();
  if (!found) {
    try {
      await ports.store.commit(machineId, [{ create: document }]);
      return;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
      // Another call of the same agent came first.
      found = await find();
    }
  }
  if (found?.document.request !== document.request)
    throw refuse('request', 'another request was made for this id before');
}

export function registerAgentCertificateRequest(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'agentCertificateRequest',
      method: 'PUT',
      route: 'api/agent/certificate-request',
      audience: 'agent',
      summary: 'The request for a certificate whose key the machine holds',
      body: certificateRequestBody,
      replies: { 204: undefined, 400: problem, 401: problem },
    },
    async (call) => {
      const { machine, certificate } = await requireAgent(call);
      const { ports, body } = call;
      const { machineId } = machine;
      if (certificate?.document.wantedRequest !== body.id)
        throw refuse('id', 'no order of this machine waits for it');
      const request = readRequest(ports, machine, body.request).toString('base64');
      await keepRequest(ports, {
        type: 'certificate-request',
        machineId,
        key: body.id,
        request,
        ttlSeconds: keptSeconds,
      });
      // After a repetition too: the hint of the first call may not have been given.
      const operation = machine.currentOperation?.id;
      if (operation !== undefined) await raise(call.durable(), operation);
      return { status: 204 };
    },
  );
}
