import { updateDocument } from '#orchestrations/records.ts';
import { decideAccess } from '#shared/domain/access.ts';
import { type FleetInstallDocument, fleetPartition } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { parseMachineResource } from '#shared/domain/machine.ts';
import { problem } from '#shared/protocol/api.ts';
import {
  fleetInstallChange,
  fleetInstallListReply,
  fleetInstallReply,
  fleetInstallRequest,
  fleetMachinesQuery,
  fleetMachinesReply,
  fleetPlanReply,
  fleetReportQuery,
  fleetReportReply,
} from '#shared/protocol/fleet-api.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { reconcileFleetInstall, reconcileLongRuns, tellFleetInstall } from '../reconcile-fleet-install.ts';
import { auditedCaller } from './audit-actor.ts';
import type { Caller } from './authorization.ts';
import { requireOperator } from './drill.ts';
import { beginFleetInstall, wishesIn } from './fleet-installs-begin.ts';
import { planFleet } from './fleet-installs-plan.ts';
import { rolesOver, selectMachines } from './fleet-installs-selection.ts';
import { readMachines, renderCsv, viewFleetInstall, viewFleetMachines } from './fleet-installs-view.ts';
import { defineRoute, readQuery } from './route.ts';

const route = 'api/fleet-installs';
const one = `${route}/{fleetInstallId}`;
/** Fleet installs that are shown. */
const shown = 20;
/** Bytes: two thousand resource ids of the longest kind. */
const maximumBodyBytes = 1024 * 1024;
/** Seconds after which a client looks again. */
const lookAgainSeconds = '3';
const refusals = { 401: problem, 403: problem, 404: problem } as const;
const bodyRefusals = { 400: problem, 411: problem, 413: problem, ...refusals } as const;

/** Of another tenant there is nothing to be known, who and how many among it. */
const isOfTenant = ({ tenantId }: FleetInstallDocument, caller: Caller): boolean =>
  tenantId.toLowerCase() === caller.tenantId.toLowerCase();

/** Whoever began it reads it, and whoever may install on some machine; machines are shown to each as he may see them. */
async function openFleetInstall(ports: AppPorts, caller: Caller, id: string): Promise<FleetInstallDocument> {
  const stored = /^[a-z0-9]{1,64}$/.test(id) ? await ports.store.read(id, 'fleet-install') : undefined;
  const found = stored && isOfTenant(stored.document, caller) ? stored.document : undefined;
  if (found?.requestedBy.id !== caller.id) await requireOperator(ports, caller);
  if (!found) throw new AppError('fleet_install_not_found', `there is no fleet install ${id}`);
  return found;
}

async function mayOperate(ports: AppPorts, caller: Caller): Promise<boolean> {
  try {
    await requireOperator(ports, caller);
    return true;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'access_denied') throw error;
    return false;
  }
}

/** Whoever began it changes it, or may install on every machine that is left. */
async function requireOwner(ports: AppPorts, caller: Caller, fleet: FleetInstallDocument): Promise<void> {
  if (fleet.requestedBy.id === caller.id) return;
  const machines = await readMachines(ports, fleet.id);
  const left = machines.filter(({ status }) => status === 'waiting' || status === 'running');
  const targets = left.map(({ resourceId }) => parseMachineResource(resourceId));
  const roles = await rolesOver(ports, caller, targets);
  const decisions = targets.map((target) => decideAccess(roles(target), target.kind, 'install'));
  const refused = decisions.filter(({ allowed }) => !allowed);
  const [first] = refused;
  if (!first || first.allowed) return;
  const detail = `you may not install on ${refused.length} of the machines that are left`;
  throw new AppError('access_denied', detail, { facts: { missingAction: first.missingAction } });
}

type Wanted = 'running' | 'paused' | 'cancelled';

/** What has ended, or is being cancelled, stays so; the same again is harmless. */
function withStatus(fleet: FleetInstallDocument, status: Wanted) {
  if (fleet.status === status) return undefined;
  if (fleet.endedAt !== undefined || fleet.status === 'cancelled')
    throw new AppError('fleet_install_ended', `the fleet install is ${fleet.status}`);
  return { document: { ...fleet, status } };
}

export function registerFleetInstalls(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'planFleetInstall_post',
      method: 'POST',
      route: `${route}/plans`,
      audience: 'user',
      applications: true,
      summary: 'What an install on many machines would do to each of them, and when; nothing is changed',
      body: fleetInstallRequest,
      maximumBodyBytes,
      replies: { 200: fleetPlanReply, ...bodyRefusals },
    },
    async ({ ports, caller, body }) => {
      const machines = await selectMachines(ports, caller, body.select);
      return { body: await planFleet(ports, machines, wishesIn(body.install)) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'beginFleetInstall_post',
      method: 'POST',
      route,
      audience: 'user',
      applications: true,
      summary: 'Install on many machines; the same request again answers the one that runs',
      body: fleetInstallRequest,
      maximumBodyBytes,
      replies: { 202: fleetInstallReply, ...bodyRefusals },
    },
    async ({ ports, caller, body, durable, request }) => {
      const machines = await selectMachines(ports, caller, body.select);
      const { from } = auditedCaller(caller, request);
      const by = { caller, ...(from !== undefined && { from }) };
      const fleet = await beginFleetInstall(ports, durable(), by, body, machines);
      return {
        status: 202,
        headers: { location: `/${route}/${fleet.id}`, 'retry-after': lookAgainSeconds },
        body: await viewFleetInstall(ports, fleet),
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'listFleetInstalls',
      method: 'GET',
      route,
      audience: 'user',
      applications: true,
      summary:
        'The last installs on many machines, the newest first: my own, or all where I may install somewhere',
      replies: { 200: fleetInstallListReply, ...refusals },
    },
    async ({ ports, caller }) => {
      const all = await ports.store.list(fleetPartition, 'fleet-install-entry', shown);
      const own = all.filter(({ requestedById }) => requestedById === caller.id);
      const isOperator = own.length === 0 ? requireOperator(ports, caller) : mayOperate(ports, caller);
      const entries = (await isOperator) === false ? own : all;
      const found = await Promise.all(
        entries.map(({ fleetInstallId }) => ports.store.read(fleetInstallId, 'fleet-install')),
      );
      const fleets = found
        .flatMap((stored) => (stored ? [stored.document] : []))
        .filter((fleet) => isOfTenant(fleet, caller));
      return { body: { value: await Promise.all(fleets.map((fleet) => viewFleetInstall(ports, fleet))) } };
    },
  );

  defineRoute(
    provider,
    {
      name: 'getFleetInstall',
      method: 'GET',
      route: one,
      audience: 'user',
      applications: true,
      summary: 'Progress and estimate of an install on many machines',
      replies: { 200: fleetInstallReply, ...refusals },
    },
    async ({ ports, caller, parameter, durable }) => {
      const found = await openFleetInstall(ports, caller, parameter('fleetInstallId'));
      await reconcileLongRuns(ports, durable(), found);
      const fleet = await reconcileFleetInstall(ports, durable(), found);
      return {
        ...(fleet.endedAt === undefined && { headers: { 'retry-after': lookAgainSeconds } }),
        body: await viewFleetInstall(ports, fleet),
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'changeFleetInstall_patch',
      method: 'PATCH',
      route: one,
      audience: 'user',
      applications: true,
      summary: 'Pause, resume or cancel; what has begun comes to its end',
      body: fleetInstallChange,
      replies: { 200: fleetInstallReply, 400: problem, 409: problem, 411: problem, ...refusals },
    },
    async ({ ports, caller, parameter, body, durable }) => {
      const found = await openFleetInstall(ports, caller, parameter('fleetInstallId'));
      await requireOwner(ports, caller, found);
      const changed = await updateDocument(ports.store, found.id, 'fleet-install', undefined, (fleet) =>
        withStatus(fleet, body.status),
      );
      const fleet = await reconcileFleetInstall(ports, durable(), changed);
      if (fleet.endedAt === undefined) await tellFleetInstall(durable(), fleet);
      return { body: await viewFleetInstall(ports, fleet) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'listFleetInstallMachines',
      method: 'GET',
      route: `${one}/machines`,
      audience: 'user',
      applications: true,
      summary: 'Each machine of an install on many machines, those that I may see',
      query: fleetMachinesQuery,
      replies: { 200: fleetMachinesReply, 400: problem, ...refusals },
    },
    async ({ ports, caller, parameter, request }) => {
      const query = readQuery(fleetMachinesQuery, request);
      const fleet = await openFleetInstall(ports, caller, parameter('fleetInstallId'));
      return { body: { value: await viewFleetMachines(ports, caller, fleet, query.status) } };
    },
  );

  defineRoute(
    provider,
    {
      name: 'exportFleetInstall',
      method: 'GET',
      route: `${one}/report`,
      audience: 'user',
      applications: true,
      limit: 'exports',
      summary: 'The outcome on each machine, as a file',
      query: fleetReportQuery,
      replies: { 200: fleetReportReply, 400: problem, ...refusals },
    },
    async ({ ports, caller, parameter, request }) => {
      const query = readQuery(fleetReportQuery, request);
      const fleet = await openFleetInstall(ports, caller, parameter('fleetInstallId'));
      const machines = await viewFleetMachines(ports, caller, fleet);
      const headers = {
        'content-disposition': `attachment; filename="fleet-install-${fleet.id}.${query.format}"`,
        'x-content-type-options': 'nosniff',
      };
      if (query.format === 'csv') {
        const type = { 'content-type': 'text/csv; charset=utf-8; header=present' };
        return { headers: { ...headers, ...type }, text: renderCsv(machines) };
      }
      return { headers, body: { fleetInstall: await viewFleetInstall(ports, fleet), machines } };
    },
  );
}
