import { z } from 'zod';
import { signIns } from '#shared/domain/machine.ts';
import { port, portText } from './port.ts';

/** Bodies and replies of install, repair, addresses and what was left behind. */

export const keyCustody = z.enum(['vault', 'machine']);

/** An IPv4 or IPv6 address or network: `203.0.113.7`, `198.51.100.0/24`. */
const source = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'must be an address or a network like 198.51.100.0/24',
});

/** Requirements 83 and 128-136: straight to an address of an Azure virtual machine. */
export const directRequest = z
  .strictObject({
    /** One of `GET /api/machines/{id}/addresses`. It is published in DNS, and nothing else of the machine is. */
    address: z.union([z.ipv4(), z.ipv6()], { error: 'must be an address of the machine' }),
    /** Opens the port to these alone, with the rule PortForWAC (requirement 132). */
    sources: z.array(source).min(1).max(100).optional(),
    /** "Open this port for me": to everybody, for trying out (requirement 133). */
    openToAnyone: z.boolean().default(false),
  })
  .refine(({ sources, openToAnyone }) => !(sources && openToAnyone), {
    path: ['openToAnyone'],
    error: 'cannot go together with sources',
  });

/** Only such a proxy as asks nobody who he is: the handler cannot answer. */
const proxyAddress = z
  .url({ protocol: /^https?$/, error: 'must be an address like http://proxy.example:8080' })
  .max(300)
  .refine((text) => URL.parse(text)?.username === '' && URL.parse(text)?.password === '', {
    error: 'must be without user and password: proxies that authenticate are not supported',
  });

export const installRequest = z.strictObject({
  /** As it is where absent: that of an extension that others installed, or 6516. */
  port: port.optional(),
  /** Who holds the private key; as it was where absent, `vault` for the first time. */
  keys: keyCustody.optional(),
  /** Gives the machine another name; the old one answers until its sessions have ended. */
  newName: z.boolean().optional(),
  /** As it was where absent, through the proxy for the first time; null goes back to the proxy. */
  direct: directRequest.nullable().optional(),
  /** Agrees that a Windows Admin Center that was installed by hand is replaced and lost (requirement 54). */
  consent: z.boolean().optional(),
  /** The proxy that the documented handler goes out by; as it was where absent, none with null. */
  proxy: proxyAddress.nullable().optional(),
  /** Who the service takes a visitor for (C3); as it was where absent, `virtual-account` for the first time. */
  signIn: z.enum(signIns).optional(),
});
export type InstallRequest = z.infer<typeof installRequest>;

export const reachReply = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('reverse') }),
  z.object({ mode: z.literal('direct'), address: z.string(), isPublic: z.boolean() }),
]);

/** `GET /api/machines/{id}/addresses`: what direct mode can use, with what it takes and what it shows to whom. */
export const addressesReply = z.object({
  value: z.array(
    z.object({
      address: z.string(),
      isPublic: z.boolean(),
      /** Requirement 129: the private address is. */
      isRecommended: z.boolean(),
      /** Whether the port is reachable as the rules stand; null where no rule concerns it or nobody can tell. */
      isOpen: z.boolean().nullable(),
      /** What is to be known before it is chosen, one sentence each (requirements 128-130 and 135). */
      notes: z.array(z.string()),
    }),
  ),
  port: z.number().int(),
  /** The caller's own public address as this API sees it, to be offered as the source (requirement 136). */
  yourAddress: z.string().nullable(),
});
export type AddressesReply = z.infer<typeof addressesReply>;

/** `GET /api/machines/{id}/preconditions?direct=&port=`: judged as if the machine were reached there. */
export const preconditionsQuery = z.strictObject({
  direct: z.union([z.ipv4(), z.ipv6()], { error: 'must be an address' }).optional(),
  port: portText.optional(),
});

/** What a failed install took back in reverse order, and what it left. */
export const compensation = z.object({
  undone: z.array(z.string()),
  left: z.array(z.object({ what: z.string(), why: z.string() })),
});

/** `GET /api/orphans`: machines that were deleted in Azure, and what will be cleaned up after them, when. */
export const orphansReply = z.object({
  /** `report`: nothing is removed, this list is all. */
  mode: z.enum(['report', 'remove']),
  graceHours: z.number(),
  /** Why nothing is removed at present although it would be time; null where nothing stands in the way. */
  halted: z.string().nullable().optional(),
  value: z.array(
    z.object({
      machineId: z.string(),
      resourceId: z.string(),
      name: z.string(),
      goneSince: z.iso.datetime(),
      removedAfter: z.iso.datetime(),
      movedTo: z.string().nullable(),
      /** What is removed, one line each. */
      leftovers: z.array(z.string()),
    }),
  ),
});
export type OrphansReply = z.infer<typeof orphansReply>;
