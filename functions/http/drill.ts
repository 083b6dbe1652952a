import type { DurableClient } from 'durable-functions';
import type { z } from 'zod';
import { cancelRequestedEvent } from '#orchestrations/names.ts';
import { type DrillDocument, fleetPartition } from '#shared/domain/documents.ts';
import { isMarkedFor, measureDrill } from '#shared/domain/drill.ts';
import { AppError } from '#shared/domain/error.ts';
import { problem } from '#shared/protocol/api.ts';
import { drillListReply, drillReply, drillRequest } from '#shared/protocol/certificate-api.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { reconcileDrill, startDrill } from '../reconcile-drill.ts';
import { auditActorOf } from './audit-actor.ts';
import type { Caller } from './authorization.ts';
import { defineRoute } from './route.ts';
import { listVisible } from './visible-machines.ts';

type DrillReply = z.input<typeof drillReply>;

const keptSeconds = 90 * 24 * 60 * 60;
/** Fleet replacements that are shown. */
const shown = 20;
const route = 'api/certificates/drills';

function viewDrill(drill: DrillDocument): DrillReply {
  const { total, replaced } = drill;
  return {
    id: drill.id,
    reason: drill.reason,
    revoke: drill.revoke,
    issuedBy: drill.issuedBy ?? null,
    status: drill.status,
    requestedBy: drill.requestedBy.name,
    createdAt: drill.createdAt,
    updatedAt: drill.updatedAt,
    endedAt: drill.endedAt ?? null,
    total,
    replaced,
    skipped: drill.skipped,
    percent: total === 0 ? 100 : Math.floor((100 * replaced) / total),
    estimatedEnd: drill.estimatedEnd ?? null,
  };
}

/** Ids of the machines where the caller may install. */
async function installable(ports: AppPorts, caller: Caller): Promise<Set<string>> {
  const { visible } = await listVisible(ports, caller, { isCurrent: true });
  const mine = visible.filter(({ decide }) => decide('install').allowed);
  return new Set(mine.map(({ known }) => known.machine.machineId));
}

/** Installed machines with a certificate of that authority: where the caller may install, and how many elsewhere. */
async function choose(ports: AppPorts, caller: Caller, issuedBy: string | undefined) {
  const certificates = (await ports.store.listCertificates()).filter(
    ({ leaf, state }) =>
      leaf && state !== 'withdrawn' && (issuedBy === undefined || leaf.issuedBy.name === issuedBy),
  );
  const mine = await installable(ports, caller);
  const chosen = certificates.map(({ machineId }) => machineId).filter((id) => mine.has(id));
  return { chosen, skipped: certificates.length - chosen.length };
}

/** Of another tenant there is nothing to be known, who and how many among it. */
const isOfTenant = ({ settings }: AppPorts, { tenantId }: DrillDocument, caller: Caller): boolean =>
  (tenantId ?? settings.ADMIN_CENTER_TENANT_ID).toLowerCase() === caller.tenantId.toLowerCase();

async function readDrill(ports: AppPorts, caller: Caller, id: string): Promise<DrillDocument> {
  const found = await ports.store.read(fleetPartition, 'drill', id);
  if (!found || !isOfTenant(ports, found.document, caller))
    throw new AppError('drill_not_found', `there is no fleet replacement ${id}`);
  return found.document;
}

/**
 * Whoever started it calls it off, or may install on all of its machines that are left: a stranger to some of them
 * would leave them with a key that others have.
 */
async function requireCanceller(ports: AppPorts, caller: Caller, drill: DrillDocument): Promise<void> {
  if (drill.requestedBy.id === caller.id) return;
  const left = (await ports.store.listCertificates()).filter((record) => isMarkedFor(drill.id, record));
  const mine = await installable(ports, caller);
  const others = left.filter(({ machineId }) => !mine.has(machineId)).length;
  if (others === 0) return;
  const detail = `you may not install on ${others} of the machines that are left`;
  throw new AppError('access_denied', detail, { facts: { missingAction: 'install' } });
}

/** Takes the fleet for a replacement, or throws `drill_in_progress`; one that ended without a word is no obstacle. */
async function takeFleet(ports: AppPorts, client: DurableClient, drill: DrillDocument): Promise<void> {
  const { store } = ports;
  const readLock = () => store.read(fleetPartition, 'fleet-lock');
  const refusal = (drillId: string | null) =>
    new AppError('drill_in_progress', 'one fleet replacement at a time', { facts: { drillId } });
  const held = (await readLock())?.document.drillId;
  const holder = held === undefined ? undefined : await store.read(fleetPartition, 'drill', held);
  const now = holder && (await reconcileDrill(ports, client, holder.document));
  if (now?.status === 'running') throw refusal(now.id);
  // Read again: the end of the one before takes its lock away; one whose record is forgotten is taken over.
  const left = await readLock();
  const lock = { type: 'fleet-lock', machineId: fleetPartition, drillId: drill.id } as const;
  if (left && left.document.drillId !== held) throw refusal(left.document.drillId);
  try {
    await store.commit(fleetPartition, [
      left ? { replace: lock, etag: left.etag } : { create: lock },
      { create: drill },
    ]);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
    throw refusal((await readLock())?.document.drillId ?? null);
  }
}

/** Whoever may install on some machine sees it. */
export async function requireOperator(ports: AppPorts, caller: Caller): Promise<void> {
  const { visible } = await listVisible(ports, caller, { isCurrent: false });
  const best = visible.find((access) => access.decide('install').allowed);
  if (best) return;
  const [refused] = visible.map((access) => access.decide('install'));
  const missingAction = refused && !refused.allowed ? refused.missingAction : 'install';
  throw new AppError('access_denied', 'you may install on no machine', { facts: { missingAction } });
}

export function registerDrill(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'startDrill_post',
      method: 'POST',
      route: 'api/certificates/drill',
      audience: 'user',
      applications: true,
      summary:
        'Replace the certificates of all machines where I may install, within the authorities’ budgets',
      body: drillRequest,
      replies: { 202: drillReply, 400: problem, 401: problem, 403: problem, 409: problem, 411: problem },
    },
    async ({ ports, caller, body, durable }) => {
      await requireOperator(ports, caller);
      const { chosen, skipped } = await choose(ports, caller, body.issuedBy);
      const id = ports.newId();
      const at = ports.now().toISOString();
      const drill: DrillDocument = {
        type: 'drill',
        machineId: fleetPartition,
        key: id,
        id,
        reason: body.reason,
        revoke: body.revoke,
        ...(body.issuedBy !== undefined && { issuedBy: body.issuedBy }),
        status: 'running',
        requestedBy: auditActorOf(caller),
        tenantId: caller.tenantId,
        createdAt: at,
        updatedAt: at,
        total: chosen.length,
        replaced: 0,
        skipped,
        machineIds: chosen,
        ttlSeconds: keptSeconds,
      };
      await takeFleet(ports, durable(), drill);
      await startDrill(durable(), drill);
      return { status: 202, headers: { location: `/${route}/${id}` }, body: viewDrill(drill) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'listDrills',
      method: 'GET',
      route,
      audience: 'user',
      applications: true,
      summary: 'The last fleet replacements, the newest first',
      replies: { 200: drillListReply, 401: problem, 403: problem },
    },
    async ({ ports, caller }) => {
      await requireOperator(ports, caller);
      const drills = await ports.store.list(fleetPartition, 'drill', shown);
      const own = drills.filter((drill) => isOfTenant(ports, drill, caller));
      const newestFirst = own.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
      return { body: { value: newestFirst.map(viewDrill) } };
    },
  );

  defineRoute(
    provider,
    {
      name: 'getDrill',
      method: 'GET',
      route: `${route}/{drillId}`,
      audience: 'user',
      applications: true,
      summary: 'Progress and estimate of a fleet replacement',
      replies: { 200: drillReply, 401: problem, 403: problem, 404: problem },
    },
    async ({ ports, caller, parameter, durable }) => {
      await requireOperator(ports, caller);
      const drill = await reconcileDrill(
        ports,
        durable(),
        await readDrill(ports, caller, parameter('drillId')),
      );
      if (drill.status !== 'running') return { body: viewDrill(drill) };
      const measured = measureDrill(drill, await ports.store.listCertificates(), ports.now());
      // Before its end is written all may be marked no more, or not yet.
      return { body: viewDrill({ ...drill, ...measured }) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'cancelDrill_delete',
      method: 'DELETE',
      route: `${route}/{drillId}`,
      audience: 'user',
      applications: true,
      summary: 'Call a fleet replacement off; what is ordered already goes on',
      replies: { 202: drillReply, 401: problem, 403: problem, 404: problem, 409: problem },
    },
    async ({ ports, caller, parameter, durable }) => {
      await requireOperator(ports, caller);
      const drill = await reconcileDrill(
        ports,
        durable(),
        await readDrill(ports, caller, parameter('drillId')),
      );
      if (drill.status !== 'running')
        throw new AppError('operation_not_cancellable', `the fleet replacement has ${drill.status}`);
      await requireCanceller(ports, caller, drill);
      await durable().raiseEvent(drill.id, cancelRequestedEvent, {});
      return { status: 202, body: viewDrill(drill) };
    },
  );
}
