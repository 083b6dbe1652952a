import type { HostedFunction } from '../function-table.ts';
import { type Exchange, reply, segmentsOf } from './exchange.ts';
import { readBody } from './http-trigger.ts';

export interface AdminOptions {
  functions(): readonly HostedFunction[];
  /** Runs a function in the background; false when this kind cannot be run by hand. */
  runNow(target: HostedFunction, input: string | undefined): boolean;
  isAuthorized(exchange: Exchange): boolean;
  hostId: string;
}

const maxInputBytes = 1024 * 1024;

const describe = ({ name, metadata }: HostedFunction) => ({
  name,
  isDisabled: false,
  config: {
    bindings: Object.entries(metadata.bindings).map(([bindingName, binding]) => ({
      ...binding,
      name: bindingName,
    })),
  },
});

/** The endpoints below `/admin`: open are ping and warmup, the rest needs the master key. */
export function createAdminEndpoints({ functions, runNow, isAuthorized, hostId }: AdminOptions) {
  return async (exchange: Exchange): Promise<void> => {
    const [, area, name] = segmentsOf(exchange.url).map((part) => decodeURIComponent(part));
    if ((area === 'host' && name === 'ping') || area === 'warmup') return reply(exchange, 200);
    if (!isAuthorized(exchange)) return reply(exchange, 401);
    if (area === 'host' && name === 'status')
      return reply(exchange, 200, {
        id: hostId,
        state: 'Running',
        version: '4.1037.0.0',
        versionDetails: 'embedded',
        processUptime: Math.floor(process.uptime() * 1000),
        functionAppContentEditingState: 'NotAllowed',
      });
    if (area !== 'functions') return reply(exchange, 404);
    if (name === undefined) return reply(exchange, 200, functions().map(describe));
    const target = functions().find((known) => known.name.toLowerCase() === name.toLowerCase());
    if (!target) return reply(exchange, 404);
    if (exchange.method === 'GET') return reply(exchange, 200, describe(target));
    if (exchange.method !== 'POST') return reply(exchange, 405);
    if (!exchange.request.headers['content-type']?.includes('json')) return reply(exchange, 415);
    const body = await readBody(exchange.request, maxInputBytes);
    let input: unknown;
    try {
      input = body.length
        ? (JSON.parse(body.toString('utf8')) as { input?: unknown } | null)?.input
        : undefined;
    } catch {
      return reply(exchange, 400, { Message: 'The body is not JSON.' });
    }
    const text = typeof input === 'string' ? input : undefined;
    if (!runNow(target, text))
      return reply(exchange, 501, {
        Message: `A function of kind ${target.kind} cannot be run by hand here.`,
      });
    reply(exchange, 202);
  };
}
