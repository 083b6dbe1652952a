import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import type { Resource } from '../resource-store.ts';
import type { ResourceCall } from '../type-rules.ts';

const record = z.record(z.string(), z.unknown());

/** The fields of the extension resource that a caller may set; others are refused so that a typing error is seen. */
const extensionBody = z.object({
  location: z.string().min(1),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({
    publisher: z.string().min(1),
    type: z.string().min(1),
    typeHandlerVersion: z.string().optional(),
    autoUpgradeMinorVersion: z.boolean().optional(),
    enableAutomaticUpgrade: z.boolean().optional(),
    forceUpdateTag: z.string().optional(),
    settings: record.optional(),
    protectedSettings: record.optional(),
  }),
});

export type ExtensionBody = z.infer<typeof extensionBody>;

/** What is kept of an extension and never shown. */
export interface ExtensionSecret extends Record<string, unknown> {
  /** As it was asked for last; a reported version does not change it. */
  wanted: ExtensionBody['properties'];
  /** Of this extension's goal; the machine reports against it. */
  sequence: number;
  isDeleting: boolean;
  /** The last long-running operation. */
  operationId: string;
}

export const secretOf = (resource: Resource): ExtensionSecret => resource.secret as ExtensionSecret;

export function parseExtension(call: ResourceCall): ExtensionBody {
  const parsed = extensionBody.safeParse(call.body());
  if (!parsed.success)
    throw new ArmError(400, 'InvalidRequestContent', z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return parsed.data;
}

/** True when the machine would be told the same again: no new goal is needed. */
export const isSameGoal = (wanted: ExtensionBody['properties'], existing: Resource): boolean =>
  isDeepStrictEqual(wanted, secretOf(existing).wanted);

/** One extension of a machine's goal state. */
export function toGoal(resource: Resource): Record<string, unknown> {
  const { wanted, sequence, isDeleting } = secretOf(resource);
  const { publisher, type, typeHandlerVersion = '', settings = {}, protectedSettings = {} } = wanted;
  return {
    name: resource.name,
    publisher,
    type,
    version: typeHandlerVersion,
    settings,
    protectedSettings,
    sequence,
    deleting: isDeleting,
  };
}
