import { ArmError } from '../arm-error.ts';
import type { Provider, ProviderContext, TypeRules } from '../type-rules.ts';
import type { Goals } from './goals.ts';
import { parseExtension } from './hybrid-compute-extension.ts';
import { runCommands } from './run-commands.ts';

const apiVersions = ['2025-01-13', '2024-07-10', '2024-05-20-preview', '2023-10-03-preview', '2022-12-27'];

/** Arc machines (their facts are seeded), their extensions and run commands, which end only when the machine has reported. */
export function microsoftHybridCompute(context: ProviderContext, goals: Goals): Provider {
  const machines: TypeRules = {
    type: 'Microsoft.HybridCompute/machines',
    apiVersions,
    verbs: ['GET', 'LIST', 'PATCH', 'DELETE'],
    compose(call, existing) {
      if (!existing) throw new ArmError(405, 'MethodNotAllowed', 'Machines are seeded.');
      const { tags } = call.body();
      return {
        body: {
          ...existing.body,
          tags: { ...existing.body.tags, ...(tags as Record<string, string> | undefined) },
        },
      };
    },
  };

  const extensions: TypeRules = {
    type: 'Microsoft.HybridCompute/machines/extensions',
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'DELETE'],
    compose(call) {
      const { location, tags, properties } = parseExtension(call);
      const { protectedSettings: _, ...shown } = properties;
      return { body: { location, ...(tags && { tags }), properties: shown } };
    },
  };

  const always = { isAlways: true, statusOnWrite: 202 } as const;
  const commands = runCommands(context, 'Microsoft.HybridCompute/machines/runCommands', ['2025-01-13']);
  return { types: [machines, goals.over(extensions, always), goals.over(commands, always)] };
}
