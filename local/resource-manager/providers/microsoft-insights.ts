import { STATUS_CODES } from 'node:http';
import type { ActivityEvent, ActivityLog } from '../activity-log.ts';
import { ArmError } from '../arm-error.ts';
import type { Provider, ProviderContext } from '../type-rules.ts';

type Matches = (event: ActivityEvent) => boolean;

const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();

/** Of the `$filter` of "Activity Logs - List" (learn.microsoft.com/rest/api/monitor/activity-logs/list). */
const properties: Readonly<Record<string, (event: ActivityEvent, value: string) => boolean>> = {
  resourcegroupname: (event, value) =>
    same(/\/resourcegroups\/([^/]+)/i.exec(event.resourceId)?.[1] ?? '', value),
  resourceuri: (event, value) => same(event.resourceId, value),
  resourceid: (event, value) => same(event.resourceId, value),
  resourceprovider: (event, value) => same(event.operation.split('/')[0] ?? '', value),
  correlationid: (event, value) => same(event.correlationId, value),
};

function parseFilter(text: string | null): { from: number; until: number; matches: Matches[] } {
  const refuse = (message: string) => new ArmError(400, 'BadRequest', message);
  let from: number | undefined;
  let until = Number.MAX_SAFE_INTEGER;
  const matches: Matches[] = [];
  for (const term of (text ?? '').split(/ and /i).map((part) => part.trim())) {
    const [, name = '', operator = '', value = ''] = /^(\w+) (eq|ge|le) '([^']*)'$/i.exec(term) ?? [];
    const test = operator.toLowerCase() === 'eq' ? properties[name.toLowerCase()] : undefined;
    const at = same(name, 'eventTimestamp') ? Date.parse(value) : Number.NaN;
    if (test) matches.push((event) => test(event, value));
    else if (!Number.isNaN(at) && same(operator, 'ge')) from = at;
    else if (!Number.isNaN(at) && same(operator, 'le')) until = at;
    else throw refuse(`The filter '${term}' is not supported by the local resource manager.`);
  }
  if (from === undefined) throw refuse("The filter must have 'eventTimestamp ge'.");
  return { from, until, matches };
}

const localized = (value: string) => ({ value, localizedValue: value });

function show(event: ActivityEvent & { id: string }, subscriptionId: string, tenantId: string): object {
  const time = new Date(event.at).toISOString();
  return {
    id: `${event.resourceId}/events/${event.id}/ticks/${event.at}`,
    eventDataId: event.id,
    correlationId: event.correlationId,
    operationId: event.correlationId,
    caller: event.caller,
    category: localized('Administrative'),
    level: event.status === 'Failed' ? 'Error' : 'Informational',
    eventName: localized('EndRequest'),
    operationName: localized(event.operation),
    resourceProviderName: localized(event.operation.split('/')[0] ?? ''),
    resourceGroupName: /\/resourcegroups\/([^/]+)/i.exec(event.resourceId)?.[1] ?? '',
    resourceId: event.resourceId,
    status: localized(event.status),
    subStatus: localized(STATUS_CODES[event.httpStatus]?.replaceAll(' ', '') ?? ''),
    httpRequest: { method: event.httpMethod, clientRequestId: event.correlationId },
    properties: {
      statusCode: STATUS_CODES[event.httpStatus]?.replaceAll(' ', '') ?? String(event.httpStatus),
      ...(event.failure !== undefined && { statusMessage: event.failure }),
    },
    eventTimestamp: time,
    submissionTimestamp: time,
    subscriptionId,
    tenantId,
  };
}

/** The Activity Log's management events of the subscription. */
export function microsoftInsights(context: ProviderContext, log: ActivityLog): Provider {
  return {
    types: [],
    routes: [
      {
        name: 'LIST Microsoft.Insights/eventtypes/management/values',
        method: 'GET',
        pattern: /^\/subscriptions\/[^/]+\/providers\/microsoft\.insights\/eventtypes\/management\/values$/i,
        apiVersions: ['2015-04-01'],
        handle({ query }) {
          const { from, until, matches } = parseFilter(query.get('$filter'));
          const found = log.between(from, until).filter((event) => matches.every((test) => test(event)));
          const select = query
            .get('$select')
            ?.split(',')
            .map((name) => name.trim());
          const value = found
            .map((event) => show(event, context.subscriptionId, context.tenantId))
            .map((event) =>
              select
                ? Object.fromEntries(Object.entries(event).filter(([name]) => select.includes(name)))
                : event,
            );
          return { status: 200, body: { value } };
        },
      },
    ],
  };
}
