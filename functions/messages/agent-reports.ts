import { isDeepStrictEqual } from 'node:util';
import { app, type InvocationContext } from '@azure/functions';
import { type DurableClient, getClient, input } from 'durable-functions';
import { updateAudited } from '#orchestrations/audited-update.ts';
import {
  readServed,
  recordServed,
  type ServedRecords,
} from '#orchestrations/deliver-certificate/activities.ts';
import { agentReportedEvent } from '#orchestrations/names.ts';
import { updateDocument } from '#orchestrations/records.ts';
import type { AuditEntry } from '#shared/domain/audit.ts';
import type { AgentDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { isMachineId } from '#shared/domain/machine-name.ts';
import { type AgentReport, type PublicKey, reportEnvelope } from '#shared/protocol/agent-messages.ts';
import { verifyReport } from '#shared/protocol/report.ts';
import { queueNames } from '#shared/protocol/resource-names.ts';
import { agentActor } from '../agent-keys.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { takeSessionCounts } from './session-counts.ts';

/** Name of the setting that holds the trigger's connection. */
const serviceBusConnection = 'AdminCenterServiceBus';

function withReport(agent: AgentDocument, report: AgentReport): AgentDocument {
  const { servingThumbprint: _, clockOffsetMs: __, ...known } = agent;
  return {
    ...known,
    reportSequence: report.sequence,
    agentVersion: report.agentVersion,
    lastSeenAt: report.at,
    connected: report.relayConnected && report.kind !== 'stopping',
    blockedServices: report.blockedServices,
    ...(report.policy && { localPolicy: report.policy }),
    ...(report.servingThumbprint !== undefined && { servingThumbprint: report.servingThumbprint }),
    ...(report.clockOffsetMs !== undefined && { clockOffsetMs: report.clockOffsetMs }),
    ...(report.egress && { egress: report.egress }),
    ...(report.checks && { checks: report.checks }),
  };
}

/** The owner of a machine opens and closes it himself (requirements 38-42): where he did, that is on record. */
function policyEntry(
  { machineId, localPolicy }: AgentDocument,
  { policy }: AgentReport,
): AuditEntry | undefined {
  if (!policy || (localPolicy && isDeepStrictEqual(localPolicy, policy))) return undefined;
  const ports = policy.ports.length === 0 ? 'no port' : `ports ${policy.ports.join(', ')}`;
  return {
    actor: agentActor(machineId),
    action: 'policy change',
    outcome: 'succeeded',
    detail: policy.enabled ? `connections from outside are let in to ${ports}` : 'no connection from outside',
  };
}

/** Writes what a signed report says, first to the store, then as a hint to the operation that may wait for it. */
async function takeReport(
  ports: AppPorts,
  client: DurableClient,
  machineId: string,
  jws: string,
): Promise<AgentReport> {
  const [agent, machine, certificate] = await ports.store.readTogether(machineId, [
    { type: 'agent' },
    { type: 'machine' },
    { type: 'certificate' },
  ]);
  if (!agent) throw new AppError('report_refused', 'no agent has enrolled for this machine');
  const key = JSON.parse(agent.document.signingKey) as PublicKey;
  const report = await verifyReport(key, machineId, jws, agent.document.reportSequence);
  const take = (found: AgentDocument) =>
    found.reportSequence < report.sequence ? { document: withReport(found, report) } : undefined;
  const entry = policyEntry(agent.document, report);
  if (entry)
    await updateAudited(
      ports,
      { machineId, type: 'agent' },
      (found) => {
        const taken = take(found);
        return taken && { ...taken, entry };
      },
      agent,
    );
  else await updateDocument(ports.store, machineId, 'agent', undefined, take, agent);
  await takeSessionCounts(ports, machineId, report);
  await noteServed(ports, machineId, report.servingThumbprint, { certificate, machine });
  // One that began meanwhile is many steps away from waiting for this machine.
  const operation = machine?.document.currentOperation?.id;
  if (operation !== undefined) await raise(client, operation);
  return report;
}

/**
 * A machine may take up a certificate long after the operation that issued it gave up waiting. Each report says it
 * again: a crash may have come between the certificate's record and the machine's, and what is known writes nothing.
 */
export async function noteServed(
  ports: AppPorts,
  machineId: string,
  thumbprint: string | undefined,
  seen?: ServedRecords,
): Promise<void> {
  const records = seen ?? (await readServed(ports.store, machineId));
  const leaf = records.certificate?.document.leaf;
  if (thumbprint === undefined || leaf?.thumbprint !== thumbprint) return;
  await recordServed(ports, { machineId, thumbprint }, records);
}

/** An operation that has ended or is not known needs no hint: 404 and 410 are success. */
export async function raise(client: DurableClient, instanceId: string): Promise<void> {
  try {
    await client.raiseEvent(instanceId, agentReportedEvent, {});
  } catch (error) {
    const status = error instanceof Error ? /40[4]|410|no instance|not found/i.exec(error.message) : null;
    if (!status) throw error;
  }
}

/** The machine that sent: the bus holds reports of one machine in one session. */
function sessionOf(context: InvocationContext): string {
  const session = context.triggerMetadata?.['sessionId'];
  return typeof session === 'string' ? session : '';
}

/**
 * A forged, foreign or repeated report is dropped with a line in the log: repeating it would not mend it. Any
 * other failure throws, so that the bus delivers the report again.
 */
export function registerAgentReports(provider: PortsProvider): void {
  app.serviceBusQueue('agentReports', {
    connection: serviceBusConnection,
    queueName: queueNames.agentReports,
    isSessionsEnabled: true,
    extraInputs: [input.durableClient()],
    handler: async (message, context) => {
      const machineId = sessionOf(context);
      // A strict envelope: no property of it can stand in for the bus's own metadata.
      const envelope = reportEnvelope.safeParse(message);
      try {
        if (!envelope.success || !isMachineId(machineId))
          throw new AppError('report_refused', 'the message is no report');
        const report = await takeReport(provider(), getClient(context), machineId, envelope.data.jws);
        context.info(`report ${report.kind} of ${machineId} number ${report.sequence}`);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'report_refused') throw error;
        context.warn(`report of ${machineId} refused: ${error.message}`);
      }
    },
  });
}
