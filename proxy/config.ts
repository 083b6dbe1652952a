import { z } from 'zod';
import { parseEnvironment } from '#shared/runtime/config.ts';
import { logLevels } from '#shared/runtime/log-events.ts';

const hostAndPort = /^[a-z0-9.-]+(:\d{1,5})?$/i;
const host = z.string().regex(hostAndPort, 'must be a host name, with a port where it is not the usual one');
const webUrl = z.url({ protocol: /^https?$/ });

export const proxySettingsSchema = z.object({
  /** Where the control plane answers, for example `https://control.contoso.com`. */
  ADMIN_CENTER_API_URL: webUrl.transform((url) => url.replace(/\/+$/, '')),
  /** Application id URI of the control plane's API; the scope of the proxy's token is this and `/.default`. */
  ADMIN_CENTER_API_AUDIENCE: z.string().min(1),
  /** Host of the relay namespace. */
  ADMIN_CENTER_RELAY_HOST: host,
  /** Fully qualified Service Bus namespace. */
  ADMIN_CENTER_SERVICE_BUS_HOST: host,
  /** Another address of that namespace, for example behind a private endpoint with its own port. */
  ADMIN_CENTER_SERVICE_BUS_ENDPOINT: z.url({ protocol: /^(https|sb)$/ }).optional(),
  /** Address and port to listen on. */
  ADMIN_CENTER_PROXY_LISTEN: z
    .string()
    .regex(/^(\[[0-9a-f:]+\]|[a-z0-9.-]+):\d{1,5}$/i, 'must be address:port')
    .transform((text) => {
      const at = text.lastIndexOf(':');
      return { host: text.slice(0, at).replace(/[[\]]/g, ''), port: Number(text.slice(at + 1)) };
    })
    .refine(({ port }) => port <= 65_535, 'must have a port up to 65535')
    .default({ host: '0.0.0.0', port: 8443 }),
  /** What is logged from this level on. */
  ADMIN_CENTER_LOG_LEVEL: z.enum(logLevels).default('info'),
});

/** Variables under our prefix that may be set for every process of a deployment and mean nothing here. */
const others = ['ADMIN_CENTER_LOCAL_CA_FILE', 'ADMIN_CENTER_ENVIRONMENT'];

/** Throws `configuration_incomplete` with all faults together. */
export const parseProxyConfig = (env: Readonly<Record<string, string | undefined>>) =>
  parseEnvironment(proxySettingsSchema, env, 'ADMIN_CENTER_', others);

export type ProxyConfig = ReturnType<typeof parseProxyConfig>;
