import { z } from 'zod';
import { healthReply, problem } from '#shared/protocol/api.ts';
import type { PortsProvider } from '../ports.ts';
import { version } from '../version.ts';
import { defineRoute, type RouteDefinition, routes } from './route.ts';

const security: Readonly<Record<RouteDefinition['audience'], object[]>> = {
  anonymous: [],
  user: [{ entra: [] }],
  proxy: [{ entra: [] }],
  agent: [{ agentCall: [] }],
};

const jsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });

/** Refused on each of them: a question that it does not know, too many calls, and who it is not for. */
const always = ({ audience, applications }: RouteDefinition) => ({
  400: problem,
  429: problem,
  ...(audience === 'user' && applications !== true && { 403: problem }),
});

const peopleOf = ({ applications }: RouteDefinition): string =>
  applications === true
    ? 'For people, and for applications with a token of their own.'
    : 'For people: an application is refused with `application_not_allowed`.';

function describeRoute(route: RouteDefinition): object {
  const inPath = [...route.route.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(route.query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !schema.isOptional(),
    schema: jsonSchema(schema),
  }));
  const replies = route.audience === 'anonymous' ? route.replies : { ...always(route), ...route.replies };
  const responses = Object.fromEntries(
    Object.entries(replies).map(([status, schema]) => {
      const type = Number(status) >= 400 ? 'application/problem+json' : 'application/json';
      return [
        status,
        {
          description: Number(status) >= 400 ? 'Problem' : 'Success',
          ...(schema && { content: { [type]: { schema: jsonSchema(schema) } } }),
        },
      ];
    }),
  );
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.audience === 'user' && { description: peopleOf(route) }),
    parameters: [...inPath, ...inQuery],
    security: security[route.audience],
    ...(route.body && {
      requestBody: { content: { 'application/json': { schema: jsonSchema(route.body) } } },
    }),
    responses,
  };
}

/** OpenAPI 3.0 of every JSON route, made from the schemas that parse the requests. */
export function describeApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = (paths[`/${route.route}`] ??= {});
    path[route.method.toLowerCase()] = describeRoute(route);
  }
  return {
    openapi: '3.0.3',
    info: { title: 'Admin Center Control Plane', version },
    paths,
    components: {
      securitySchemes: {
        entra: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Entra access token for this API',
        },
        agentCall: {
          type: 'http',
          scheme: 'bearer',
          description: 'JWT by the agent, for one method, URL and body',
        },
      },
    },
  };
}

export function registerDescription(provider: PortsProvider): void {
  let described: object | undefined;
  defineRoute(
    provider,
    {
      name: 'health',
      method: 'GET',
      route: 'api/health',
      audience: 'anonymous',
      summary: 'Whether the app answers',
      replies: { 200: healthReply },
    },
    async () => ({ body: { status: 'healthy', version } }),
  );
  defineRoute(
    provider,
    {
      name: 'openapi',
      method: 'GET',
      route: 'api/openapi.json',
      audience: 'anonymous',
      summary: 'This description',
      replies: { 200: z.object({ openapi: z.string() }) },
    },
    // Anybody may ask, and it is much work: it is done once, when all routes are there.
    async () => ({ body: (described ??= describeApi()) }),
  );
}
