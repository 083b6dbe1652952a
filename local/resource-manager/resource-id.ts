import { ArmError } from './arm-error.ts';

/** An ARM path, taken apart. Ids compare without regard to case: `key` is what is compared. */
export interface ResourceId {
  /** As the caller wrote it, decoded and without a final slash. */
  id: string;
  key: string;
  /** What carries the resource: a resource group, a subscription, another resource, or '' for the tenant. */
  scope: string;
  namespace: string;
  /** Type segments below the namespace. */
  types: readonly string[];
  /** One per type; one fewer when the path ends with a type (a list) or an action. */
  names: readonly string[];
  subscriptionId: string | undefined;
  resourceGroup: string | undefined;
}

/** Characters that no name may have; DNS and role names allow more than the documented minimum, so this is the maximum. */
const badSegment = /[<>%&\\?#\p{Cc}]/u;
const maxPathLength = 2048;

export function decodeSegment(segment: string): string {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw new ArmError(400, 'InvalidRequestUri', `The segment '${segment}' is not valid percent-encoding.`);
  }
  if (badSegment.test(text) || text.includes('/'))
    throw new ArmError(
      400,
      'InvalidRequestUri',
      `The segment '${segment}' has characters that no name may have.`,
    );
  return text;
}

function decodeSegments(path: string): string[] {
  if (path.length > maxPathLength)
    throw new ArmError(414, 'RequestUriTooLong', 'The request URI is too long.');
  return path.split('/').filter(Boolean).map(decodeSegment);
}

const join = (segments: readonly string[]): string => (segments.length ? `/${segments.join('/')}` : '');

/** Reads a path that names a resource, a list of them, or an action on one; throws a 400 for anything else. */
export function parseResourceId(path: string): ResourceId {
  const segments = decodeSegments(path);
  const lower = segments.map((segment) => segment.toLowerCase());
  const isSubscription = lower[0] === 'subscriptions';
  const subscriptionId = isSubscription ? lower[1] : undefined;
  const resourceGroup = isSubscription && lower[2] === 'resourcegroups' ? segments[3] : undefined;
  const at = lower.lastIndexOf('providers');
  const namespace = at < 0 ? 'Microsoft.Resources' : segments[at + 1];
  const rest = at < 0 ? segments : segments.slice(at + 2);
  if (namespace === undefined || !rest.length)
    throw new ArmError(404, 'InvalidResourceType', `'${path}' names no resource type of a provider.`);
  return {
    id: join(segments),
    key: join(lower),
    scope: at < 0 ? '' : join(segments.slice(0, at)),
    namespace,
    types: rest.filter((_, index) => index % 2 === 0),
    names: rest.filter((_, index) => index % 2 === 1),
    subscriptionId,
    resourceGroup,
  };
}

/** `microsoft.network/dnszones/txt`. */
export const typeKey = (id: ResourceId): string => [id.namespace, ...id.types].join('/').toLowerCase();

export const isCollection = (id: ResourceId): boolean => id.types.length > id.names.length;

/** The resource that a child lies under, or undefined for a top-level resource. */
export function parentKey(id: ResourceId): string | undefined {
  if (id.names.length < 2 && !(isCollection(id) && id.names.length === 1)) return undefined;
  const segments = id.key.split('/');
  return segments.slice(0, isCollection(id) ? -1 : -2).join('/');
}

/** An action's path is one segment longer than its resource's. */
export function splitAction(id: ResourceId): { resource: ResourceId; action: string } {
  const cut = (text: string) => text.slice(0, text.lastIndexOf('/'));
  const action = id.types.at(-1) ?? '';
  return { resource: { ...id, id: cut(id.id), key: cut(id.key), types: id.types.slice(0, -1) }, action };
}
