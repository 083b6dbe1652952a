import type { z } from 'zod';
import { recordAudit } from '#orchestrations/audit-trail.ts';
import { problem } from '#shared/protocol/api.ts';
import {
  auditExportQuery,
  auditExportReply,
  auditedMachinesReply,
  auditQuery,
  auditReply,
  auditVerifyQuery,
  auditVerifyReply,
} from '#shared/protocol/audit-api.ts';
import { placeOf } from '#shared/protocol/audit-chain.ts';
import { keyBefore, readAudit, readOldestFirst, verifyAudit } from '../audit-reading.ts';
import type { PortsProvider } from '../ports.ts';
import { listAudited, openAudit } from './audit-access.ts';
import { auditedCaller } from './audit-actor.ts';
import { filterOf, toAuditCsv, toJsonLines, viewRecord } from './audit-view.ts';
import { defineRoute, readQuery } from './route.ts';

const auditRoute = 'api/machines/{id}/audit';
const refusals = { 400: problem, 401: problem, 403: problem, 404: problem, 503: problem } as const;
const defaultTop = 50;
/** Records that one answer looks through, whatever it is asked for. */
const mostLookedThrough = 5_000;

const pathTo = (path: string, query: Readonly<Record<string, string | number | undefined>>): string => {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return `${path}?${new URLSearchParams(given)}`;
};

const isFiltered = ({ action, outcome, actor, from, to }: z.output<typeof auditQuery>): boolean =>
  [action, outcome, actor, from, to].some((one) => one !== undefined);

export function registerAudit(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'listAuditedMachines',
      method: 'GET',
      route: 'api/audit/machines',
      audience: 'user',
      applications: true,
      summary: 'Machines whose audit the caller may read, those that are gone included',
      replies: { 200: auditedMachinesReply, 401: problem, 503: problem },
    },
    async ({ ports, caller }) => ({ body: { value: await listAudited(ports, caller) } }),
  );

  defineRoute(
    provider,
    {
      name: 'listAudit',
      method: 'GET',
      route: auditRoute,
      audience: 'user',
      applications: true,
      summary: 'Who did what to a machine when, from where and how it was decided; newest first',
      query: auditQuery,
      replies: { 200: auditReply, ...refusals },
    },
    async ({ ports, caller, parameter, request }) => {
      const query = readQuery(auditQuery, request);
      const id = parameter('id');
      await openAudit(ports, caller, id);
      const { top = defaultTop } = query;
      const isWanted = filterOf(query);
      const value = [];
      let looked = 0;
      let last: number | undefined;
      let hasMore = false;
      const size = isFiltered(query) ? undefined : { size: top + 1 };
      for await (const record of readAudit(ports, id, { before: keyBefore(query.before), ...size })) {
        // Those of before the chain have no number to go on after: they end the last page.
        const isFull = looked >= mostLookedThrough || (value.length >= top && last !== 0);
        hasMore = isFull && last !== 0;
        if (isFull) break;
        looked += 1;
        last = placeOf(record.key) ?? 0;
        if (isWanted(record)) value.push(viewRecord(record));
      }
      const nextLink =
        hasMore && last !== undefined && pathTo(`/api/machines/${id}/audit`, { ...query, before: last });
      return { body: { value, ...(nextLink && { nextLink }) } };
    },
  );

  defineRoute(
    provider,
    {
      name: 'verifyAudit',
      method: 'GET',
      route: `${auditRoute}/verify`,
      audience: 'user',
      applications: true,
      limit: 'exports',
      summary:
        'Whether the chain holds, and where it does not; with a noted head a rolled back one is found too',
      query: auditVerifyQuery,
      replies: { 200: auditVerifyReply, ...refusals },
    },
    async ({ ports, caller, parameter, request }) => {
      const { sequence, mac } = readQuery(auditVerifyQuery, request);
      const id = parameter('id');
      await openAudit(ports, caller, id);
      const noted = sequence === undefined ? undefined : { sequence, mac };
      const { head, records, earlier, broken } = await verifyAudit(ports, id, noted);
      return {
        body: {
          intact: broken === undefined,
          records,
          ...(earlier > 0 && { earlier }),
          ...(head && { head: { sequence: head.sequence, mac: head.mac, at: head.at } }),
          ...(broken && { broken }),
        },
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'exportAudit',
      method: 'GET',
      route: `${auditRoute}/export`,
      audience: 'user',
      applications: true,
      limit: 'exports',
      summary: 'The audit as JSON lines or CSV, oldest first, in parts; who took it is recorded',
      query: auditExportQuery,
      replies: { 200: auditExportReply, ...refusals },
    },
    async ({ ports, caller, parameter, request }) => {
      const query = readQuery(auditExportQuery, request);
      const { format = 'jsonl', after = 0 } = query;
      const id = parameter('id');
      await openAudit(ports, caller, id);
      await recordAudit(ports, id, {
        ...auditedCaller(caller, request),
        action: 'audit export',
        outcome: 'allowed',
        detail: `${format}, records after ${after}`,
      });
      const head = (await ports.store.read(id, 'audit-head'))?.document;
      const upTo = Math.min(after + mostLookedThrough, head?.sequence ?? 0);
      const isWanted = filterOf(query);
      const records = [];
      for await (const record of readOldestFirst(ports, id, after, upTo))
        if (isWanted(record)) records.push(viewRecord(record));
      const hasMore = upTo < (head?.sequence ?? 0);
      const next = pathTo(`/api/machines/${id}/audit/export`, { ...query, after: upTo });
      const type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8';
      return {
        headers: {
          'content-type': type,
          'content-disposition': `attachment; filename="audit-${id}-${after + 1}-${upTo}.${format}"`,
          'x-content-type-options': 'nosniff',
          ...(head && { 'audit-head': `${head.sequence} ${head.mac}` }),
          ...(hasMore && { link: `<${next}>; rel="next"` }),
        },
        text: format === 'csv' ? toAuditCsv(records, after === 0) : toJsonLines(records),
      };
    },
  );
}
