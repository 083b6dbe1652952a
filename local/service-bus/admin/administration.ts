import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import type { Authorization } from '../access/authorization.ts';
import { trimPath } from '../access/resource-path.ts';
import type { LiveEntity, Namespace } from '../broker/namespace.ts';
import { asServiceBusError, ServiceBusError, throttled } from '../service-bus-error.ts';
import type { Rule } from '../store/entity-store.ts';
import { type AdminTarget, guardedPath, parseAdminPath, subscriptionPath } from './admin-path.ts';
import {
  type AtomEntry,
  child,
  parseXml,
  renderEntry,
  renderError,
  renderFeed,
  type Xml,
} from './atom-xml.ts';
import { createEntityAdministration } from './entity-administration.ts';
import { elementOf, renderDescription } from './entity-description.ts';
import { renderRule } from './rule-description.ts';

const entryType = { 'content-type': 'application/atom+xml;type=entry;charset=utf-8' };
const feedType = { 'content-type': 'application/atom+xml;type=feed;charset=utf-8' };
const errorType = { 'content-type': 'application/xml; charset=utf-8' };
const pageSize = 100;

export interface Administration {
  handle(request: HttpRequest): Promise<HttpReply>;
  renderError(error: unknown): HttpReply;
  operationOf(request: HttpRequest): string;
}

interface AdministrationOptions {
  name: string;
  namespace: Namespace;
  authorization: Authorization;
}

const kindOf = (request: HttpRequest): string => {
  try {
    return parseAdminPath(request.url.pathname).kind;
  } catch {
    return 'unknown';
  }
};

/** The ATOM administration of the namespace (learn.microsoft.com/rest/api/servicebus, api-version 2021-05). */
export function createAdministration({
  name,
  namespace,
  authorization,
}: AdministrationOptions): Administration {
  const entities = createEntityAdministration(namespace);
  const urlOf = ({ url }: HttpRequest, path: string) => `https://${url.host}/${path}`;

  const entityEntry = (request: HttpRequest, live: LiveEntity): AtomEntry => ({
    id: urlOf(request, live.entity.path),
    title: live.entity.path.replace(/^.*\/Subscriptions\//i, ''),
    updatedAt: live.entity.updatedAt,
    element: elementOf[live.entity.kind],
    content: renderDescription(namespace, live),
  });

  const ruleEntry = (request: HttpRequest, live: LiveEntity, rule: Rule): AtomEntry => ({
    id: urlOf(request, `${live.entity.path}/Rules/${rule.name}`),
    title: rule.name,
    updatedAt: rule.createdAt,
    element: 'RuleDescription',
    content: renderRule(rule),
  });

  const entry = (found: AtomEntry, status = 200): HttpReply => ({
    status,
    headers: entryType,
    body: renderEntry(found),
  });

  /** `$skip` and `$top` page a list; the service gives at most 100 at a time. */
  const feed = <T>(
    request: HttpRequest,
    title: string,
    all: readonly T[],
    toEntry: (item: T) => AtomEntry,
  ): HttpReply => {
    const { searchParams } = request.url;
    const skip = Math.max(0, Number(searchParams.get('$skip')) || 0);
    const top = Math.min(pageSize, Math.max(0, Number(searchParams.get('$top') ?? pageSize) || pageSize));
    const next = new URL(request.url);
    next.searchParams.set('$skip', String(skip + top));
    const hasMore = skip + top < all.length;
    const entries = all.slice(skip, skip + top).map(toEntry);
    return {
      status: 200,
      headers: feedType,
      body: renderFeed(request.url.href, title, entries, hasMore ? next.href : undefined),
    };
  };

  /** The service answers a GET of what does not exist with an empty feed, which its clients turn into "not found". */
  const nothing = (request: HttpRequest) =>
    feed(request, 'Publicly Listed Services', [], () => {
      throw new Error('empty');
    });

  const namespaceEntry = (request: HttpRequest): AtomEntry => ({
    id: urlOf(request, '$namespaceinfo'),
    title: name,
    updatedAt: namespace.now(),
    element: 'NamespaceInfo',
    content: {
      CreatedTime: new Date(0).toISOString(),
      MessagingSKU: 'Standard',
      ModifiedTime: new Date(0).toISOString(),
      Name: name,
      NamespaceType: 'Messaging',
    },
  });

  const get = (request: HttpRequest, target: AdminTarget): HttpReply => {
    const show = (live: LiveEntity) => entityEntry(request, live);
    const list = (title: string, items: readonly LiveEntity[]) => feed(request, title, items, show);
    switch (target.kind) {
      case 'namespace':
        return entry(namespaceEntry(request));
      case 'entities':
        return list(
          target.of,
          [...namespace.live.values()].filter(({ entity }) => entity.kind === target.of),
        );
      case 'entity': {
        const live = namespace.find(target.path);
        return live ? entry(show(live)) : nothing(request);
      }
      case 'subscriptions':
        return list(
          'Subscriptions',
          namespace.subscriptionsOf(entities.require(target.topic, 'topic').entity),
        );
      case 'subscription': {
        const live = namespace.find(subscriptionPath(target.topic, target.name));
        return live ? entry(show(live)) : nothing(request);
      }
      case 'rules':
      case 'rule': {
        const live = entities.require(subscriptionPath(target.topic, target.subscription));
        const rules = namespace.entities.rules(live.entity.id);
        const toEntry = (rule: Rule) => ruleEntry(request, live, rule);
        if (target.kind === 'rules') return feed(request, 'Rules', rules, toEntry);
        const rule = rules.find((candidate) => candidate.name.toLowerCase() === target.name.toLowerCase());
        return rule ? entry(toEntry(rule)) : nothing(request);
      }
      default:
        return target satisfies never;
    }
  };

  const put = (request: HttpRequest, target: AdminTarget): HttpReply => {
    const content: Xml | undefined = child(parseXml(request.body.toString('utf8')), 'entry', 'content');
    const isUpdate = request.headers['if-match'] === '*';
    const status = isUpdate ? 200 : 201;
    if (target.kind === 'entity')
      return entry(entityEntry(request, entities.putEntity(target.path, content, isUpdate)), status);
    if (target.kind === 'subscription')
      return entry(
        entityEntry(request, entities.putSubscription(target.topic, target.name, content, isUpdate)),
        status,
      );
    if (target.kind !== 'rule') throw new ServiceBusError('argument', 'This resource cannot be written.');
    const live = entities.require(subscriptionPath(target.topic, target.subscription));
    return entry(ruleEntry(request, live, entities.putRule(live, target.name, content, isUpdate)), status);
  };

  const remove = (target: AdminTarget): HttpReply => {
    if (target.kind === 'entity') entities.remove(target.path);
    else if (target.kind === 'subscription') entities.remove(subscriptionPath(target.topic, target.name));
    else if (target.kind === 'rule')
      entities.removeRule(entities.require(subscriptionPath(target.topic, target.subscription)), target.name);
    else throw new ServiceBusError('argument', 'This resource cannot be deleted.');
    return { status: 200 };
  };

  return {
    operationOf: (request) => `${request.method} ${kindOf(request)}`,
    async handle(request) {
      const { throttleMs, skewMs } = request.fault ?? {};
      if (throttleMs !== undefined) throw throttled(throttleMs);
      const target = parseAdminPath(request.url.pathname);
      const guarded = guardedPath(target);
      // Clients sign the URL that they ask for.
      const resource = `${name}${request.url.pathname}`;
      const grant = await authorization.verifyHeader(request.headers.authorization, resource, skewMs);
      if (!grant.allows(trimPath(guarded), 'Manage'))
        throw new ServiceBusError(
          'unauthorized',
          `Unauthorized access. 'Manage' claim(s) are required. Resource: '${guarded}'.`,
        );
      if (request.method === 'GET') return get(request, target);
      if (request.method === 'PUT') return put(request, target);
      if (request.method === 'DELETE') return remove(target);
      throw new ServiceBusError(
        'not_implemented',
        `The local Service Bus lacks ${request.method} on administration resources.`,
      );
    },
    renderError(error) {
      const { status, message } = asServiceBusError(error);
      return { status, headers: errorType, body: renderError(status, message) };
    },
  };
}
