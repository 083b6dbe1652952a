import type { Container } from '@azure/cosmos';
import type { MachineSummary } from '#shared/domain/machine-summary.ts';
import { guarded } from './cosmos-container.ts';

/**
 * One question for all machines: of each of three documents the few members that a list shows. What a document lacks
 * is left out by the service. The lists in an agent's document are cut down to what is amiss.
 */
const survey = `SELECT VALUE
  c.type = 'machine' ? {
    "pk": c.pk, "machine": {
      "machineId": c.pk, "resourceId": c.resourceId, "kind": c.kind, "displayName": c.displayName,
      "subscriptionId": c.subscriptionId, "currentOperation": c.currentOperation, "goneSince": c.goneSince,
      "movedTo": c.movedTo, "adoption": c.adoption, "manualInstallation": c.manualInstallation, "replaceConsent": c.replaceConsent,
      "facts": { "osName": c.facts.osName, "location": c.facts.location },
      "extension": { "state": c.extension.state, "port": c.extension.port, "removedSince": c.extension.removedSince },
      "before": { "extension": c.before.extension } } }
  : c.type = 'certificate' ? {
    "pk": c.pk, "certificate": {
      "state": c.state,
      "leaf": { "notBefore": c.leaf.notBefore, "notAfter": c.leaf.notAfter, "servedAt": c.leaf.servedAt },
      "previous": {
        "notBefore": c.previous.notBefore, "notAfter": c.previous.notAfter, "servedAt": c.previous.servedAt } } }
  : {
    "pk": c.pk, "agent": {
      "agentVersion": c.agentVersion, "clockOffsetMs": c.clockOffsetMs, "connected": c.connected,
      "lastSeenAt": c.lastSeenAt,
      "egress": { "unreachable": ARRAY(SELECT u.host FROM u IN c.egress.unreachable) },
      "checks": ARRAY(SELECT k.id, k.ok FROM k IN c.checks WHERE k.ok = false) } }
  FROM c WHERE c.type IN ('machine', 'certificate', 'agent')`;

/** Rows of a page within: a request of some hundred kilobytes each. */
const pageSize = 1000;

type Row = { pk: string } & Partial<MachineSummary>;

/** An object that was made of members that are all absent is one that is not there. */
function withoutEmpty<T extends object>(record: T): T {
  const isEmpty = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value))) as T;
}

/** Every machine with what a list needs of it, in no order. A certificate or agent without its machine is none. */
export async function surveyMachines(items: Container): Promise<MachineSummary[]> {
  const found = new Map<string, Partial<MachineSummary>>();
  const pages = items.items.query<Row>(survey, { maxItemCount: pageSize });
  while (pages.hasMoreResults()) {
    const { resources } = await guarded(() => pages.fetchNext());
    for (const { pk, machine, certificate, agent } of resources) {
      const summary = found.get(pk) ?? {};
      if (machine) summary.machine = withoutEmpty(machine);
      if (certificate) summary.certificate = withoutEmpty(certificate);
      if (agent) summary.agent = agent;
      found.set(pk, summary);
    }
  }
  return [...found.values()].flatMap(({ machine, ...related }) => (machine ? [{ machine, ...related }] : []));
}
