import type { KeyCustody } from '../api/replies.ts';
import { type AuditQuestion, emptyQuestion, readAuditQuestion } from '../model/audit-question.ts';
import { longestSearch, type MachineQuestion } from '../model/machine-question.ts';
import { isMachineState } from '../model/machine-state.ts';
import { isMachineKind } from '../model/resource.ts';

/**
 * What an operation was asked to do, so that Retry asks the same. What opens a port to everybody or replaces what is
 * there is never in an address: somebody else's link must not ask for it.
 */
export interface OperationWishes {
  port?: number | undefined;
  keys?: KeyCustody | undefined;
  /** The address of direct mode, and who was let in, between commas. */
  direct?: string | undefined;
  sources?: string | undefined;
}
/** What the install page begins with. */
export type InstallPrefill = OperationWishes;

/** Every view of the page has an address: it can be shared, reloaded and gone back to. */
export type Route =
  | ({ screen: 'machines' } & MachineQuestion)
  | { screen: 'add' }
  | { screen: 'machine'; id: string }
  | { screen: 'install'; id: string; prefill: InstallPrefill }
  | { screen: 'extension'; id: string }
  | { screen: 'operation'; id: string; operationId: string; wishes: OperationWishes }
  | { screen: 'machine-access'; id: string; principal: string }
  | { screen: 'machine-sessions'; id: string }
  | { screen: 'machine-audit'; id: string; question: AuditQuestion }
  | { screen: 'lease'; id: string; leaseId: string }
  | { screen: 'leases' }
  | { screen: 'sessions' }
  | { screen: 'audit' }
  | { screen: 'certificates' }
  | { screen: 'drill'; drillId: string }
  | { screen: 'fleet-installs' }
  | { screen: 'fleet-plan' }
  | { screen: 'fleet-install'; fleetId: string }
  | { screen: 'opening' }
  | { screen: 'unknown' };

const query = (fields: Record<string, string | number | undefined>): string => {
  const used = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(
    used.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return text && `?${text}`;
};

export const addresses = {
  machines: ({ search, state, kind, page }: Partial<MachineQuestion> = {}) =>
    `/portal/${query({ search, state, kind, page })}`,
  add: () => '/portal/add',
  machine: (id: string) => `/portal/machines/${id}`,
  install: (id: string, prefill: InstallPrefill = {}) =>
    `/portal/machines/${id}/install${query({ ...prefill })}`,
  /** The detailed status of the extension (requirement 57). */
  extension: (id: string) => `/portal/machines/${id}/extensions/AdminCenter`,
  /** An operation's id is `<machine id>.<random>`. */
  operation: (operationId: string, wishes: OperationWishes = {}) => {
    const [id, random] = operationId.split('.');
    return `/portal/machines/${id}/operations/${random}${query({ ...wishes })}`;
  },
  /** Who may, and why; of another principal by its object id. */
  machineAccess: (id: string, principal = '') => `/portal/machines/${id}/access${query({ principal })}`,
  machineSessions: (id: string) => `/portal/machines/${id}/sessions`,
  machineAudit: (id: string, question: AuditQuestion = emptyQuestion) =>
    `/portal/machines/${id}/audit${query({ ...question })}`,
  lease: (id: string, leaseId: string) => `/portal/machines/${id}/leases/${encodeURIComponent(leaseId)}`,
  leases: () => '/portal/leases',
  sessions: () => '/portal/sessions',
  audit: () => '/portal/audit',
  certificates: () => '/portal/certificates',
  drill: (id: string) => `/portal/certificates/drills/${id}`,
  fleetInstalls: () => '/portal/fleet-installs',
  fleetPlan: () => '/portal/fleet-installs/plan',
  fleetInstall: (id: string) => `/portal/fleet-installs/${encodeURIComponent(id)}`,
  opening: () => '/portal/opening',
};

function wishesOf(query: URLSearchParams): OperationWishes {
  const port = Number(query.get('port') ?? Number.NaN);
  const keys = query.get('keys');
  const direct = query.get('direct');
  const sources = query.get('sources');
  return {
    ...(Number.isInteger(port) && { port }),
    ...((keys === 'vault' || keys === 'machine') && { keys }),
    ...(direct && { direct }),
    ...(sources && { sources }),
  };
}

function fleetRoute(id: string | undefined, ...more: (string | undefined)[]): Route {
  if (more.some((part) => part !== undefined)) return { screen: 'unknown' };
  if (id === undefined) return { screen: 'fleet-installs' };
  return id === 'plan' ? { screen: 'fleet-plan' } : { screen: 'fleet-install', fleetId: id };
}

function accessRoute(view: 'access' | 'sessions' | 'audit', id: string, query: URLSearchParams): Route {
  if (view === 'access')
    return { screen: 'machine-access', id, principal: (query.get('principal') ?? '').slice(0, 36) };
  return view === 'sessions'
    ? { screen: 'machine-sessions', id }
    : { screen: 'machine-audit', id, question: readAuditQuestion(query) };
}

export function parseRoute({ pathname, searchParams }: URL): Route {
  const [, portal, first, id, view, random] = pathname.replace(/\/$/, '').split('/');
  if (portal !== 'portal') return { screen: 'unknown' };
  if (first === undefined) {
    const asked = (name: keyof MachineQuestion) => searchParams.get(name) ?? '';
    return {
      screen: 'machines',
      search: asked('search').slice(0, longestSearch),
      state: isMachineState(asked('state')) ? asked('state') : '',
      kind: isMachineKind(asked('kind')) ? asked('kind') : '',
      page: asked('page'),
    };
  }
  if (id === undefined && (first === 'add' || first === 'opening')) return { screen: first };
  const isPage = first === 'certificates' || first === 'leases' || first === 'sessions' || first === 'audit';
  if (isPage && id === undefined) return { screen: first };
  if (first === 'certificates' && id === 'drills' && view && random === undefined)
    return { screen: 'drill', drillId: view };
  if (first === 'fleet-installs') return fleetRoute(id, view, random);
  if (first !== 'machines' || !id) return { screen: 'unknown' };
  if (view === undefined) return { screen: 'machine', id };
  if (view === 'install' && random === undefined)
    return { screen: 'install', id, prefill: wishesOf(searchParams) };
  if (view === 'leases' && random) return { screen: 'lease', id, leaseId: random };
  if (random === undefined && (view === 'access' || view === 'sessions' || view === 'audit'))
    return accessRoute(view, id, searchParams);
  if (view === 'extensions' && random === 'AdminCenter') return { screen: 'extension', id };
  if (view !== 'operations' || !random) return { screen: 'unknown' };
  return { screen: 'operation', id, operationId: `${id}.${random}`, wishes: wishesOf(searchParams) };
}
