import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from './arm-error.ts';
import type { Resource, ResourceBody, ResourceStore } from './resource-store.ts';
import type { ResourceCall, TypeRules } from './type-rules.ts';

/** The whole resource as a caller sees it. */
export function showResource(rules: TypeRules, resource: Resource): Record<string, unknown> {
  const { id, name, etag } = resource;
  const body = rules.show ? rules.show(resource) : resource.body;
  return { id, name, type: rules.shownType ?? rules.type, ...(rules.showsEtag && { etag }), ...body };
}

export function replyWith(rules: TypeRules, status: number, resource: Resource): HttpReply {
  const headers = rules.showsEtag ? { etag: resource.etag } : {};
  return { status, headers, body: showResource(rules, resource) };
}

/** Envelope fields that any resource may have; everything else at the top is not kept. */
const envelope = ['location', 'tags', 'identity', 'kind', 'sku', 'zones', 'plan'] as const;

/** The body that is kept when a type has no rules of its own: PUT replaces, PATCH merges tags and properties. */
export function composeBody(call: ResourceCall, existing: Resource | undefined): ResourceBody {
  const given = call.body();
  const isPatch = call.request.method === 'PATCH' && existing !== undefined;
  const { properties = {} } = given;
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties))
    throw new ArmError(400, 'InvalidRequestContent', "The member 'properties' must be an object.");
  const kept = Object.fromEntries(
    envelope.filter((name) => name in given).map((name) => [name, given[name]]),
  );
  return {
    ...(isPatch
      ? existing.body
      : existing?.body.location !== undefined && { location: existing.body.location }),
    ...kept,
    ...(isPatch && 'tags' in given && { tags: { ...existing.body.tags, ...(given['tags'] as object) } }),
    properties: { ...(isPatch && existing.body.properties), ...properties, provisioningState: 'Succeeded' },
  };
}

const bare = (etag: string): string => etag.trim().replace(/^W\//, '').replaceAll('"', '');

/** If-Match and If-None-Match (RFC 9110 section 13.1) before any change. */
export function requireConditions(
  call: ResourceCall,
  rules: TypeRules,
  existing: Resource | undefined,
): void {
  const fail = (name: string, value: string): never => {
    const current = existing ? ` The current was '${existing.etag}'.` : ' The resource does not exist.';
    throw new ArmError(
      412,
      'PreconditionFailed',
      `The condition '${value}' in the ${name} header was not satisfied.${current}`,
      { isFlat: rules.hasFlatErrors ?? false },
    );
  };
  const match = call.request.headers['if-match'];
  if (match !== undefined) {
    const satisfied =
      existing && (match.trim() === '*' || match.split(',').map(bare).includes(existing.etag));
    if (!satisfied) fail('If-Match', match);
  }
  const noneMatch = call.request.headers['if-none-match'];
  if (noneMatch !== undefined && existing) {
    if (noneMatch.trim() === '*' || noneMatch.split(',').map(bare).includes(existing.etag))
      fail('If-None-Match', noneMatch);
  }
}

export const notFound = (call: ResourceCall, rules: TypeRules): ArmError => {
  const { id } = call;
  const group = id.resourceGroup === undefined ? '' : ` under resource group '${id.resourceGroup}'`;
  const name = [rules.type.split('/')[0], ...id.types.flatMap((type, index) => [type, id.names[index]])].join(
    '/',
  );
  return new ArmError(404, 'ResourceNotFound', `The Resource '${name}'${group} was not found.`);
};

/** PUT and PATCH as most types have it. */
export function writeResource(
  call: ResourceCall,
  rules: TypeRules,
  resources: ResourceStore,
  existing: Resource | undefined,
): HttpReply {
  const { body, secret } = rules.compose?.(call, existing) ?? { body: composeBody(call, existing) };
  const written = resources.put({
    id: existing?.id ?? call.id.id,
    type: rules.type,
    body,
    secret: secret ?? existing?.secret ?? {},
  });
  rules.onWritten?.(written, existing);
  return replyWith(rules, existing ? 200 : (rules.statusOnCreate ?? 201), written);
}
