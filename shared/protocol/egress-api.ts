import { z } from 'zod';
import { egressRoles } from '#shared/domain/egress.ts';

/** What `GET /api/egress` and its command line share. */
export const egressRole = z.enum(egressRoles);

/** `GET /api/egress?role=&region=`: without a role all of them, without a region what any region needs. */
export const egressQuery = z.strictObject({
  role: egressRole.optional(),
  /** An Azure region as Azure writes it: `westeurope`. */
  region: z
    .string()
    .regex(/^[a-z][a-z0-9]{1,40}$/, 'must be the name of an Azure region, for example westeurope')
    .optional(),
});

export const egressReply = z.object({
  role: egressRole.nullable(),
  region: z.string().nullable(),
  /** The regions that may be asked for: those that are served, and those that some host serves alone. */
  regions: z.array(z.string()),
  destinations: z.array(
    z.object({
      role: egressRole,
      host: z.string(),
      port: z.number().int(),
      protocol: z.enum(['https', 'http', 'wss', 'amqps', 'tls', 'dns']),
      why: z.string(),
      always: z.boolean(),
      region: z.string().nullable(),
    }),
  ),
  /** For a network that blocks everything outbound (requirement 35); null where no addresses are configured. */
  outboundRule: z
    .object({
      source: z.literal('VirtualNetwork'),
      sourcePortRanges: z.literal('*'),
      destination: z.literal('IP Addresses'),
      destinationAddresses: z.array(z.string()),
      service: z.enum(['HTTPS', 'Custom']),
      destinationPorts: z.array(z.number().int()),
      protocol: z.literal('TCP'),
      action: z.literal('Allow'),
    })
    .nullable(),
});
export type EgressReply = z.infer<typeof egressReply>;
