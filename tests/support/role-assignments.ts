import { randomUUID } from 'node:crypto';
import { createSdkCredential } from '#local/run/credential.ts';
import type { SystemUnderTest } from './system.ts';

const apiVersion = 'api-version=2022-04-01';

/** Role assignments in the Azure of a running system, as its administrator makes them. */
export function assignmentsIn({ connection }: Pick<SystemUnderTest, 'connection'>) {
  const { resourceManager, managedIdentity } = connection;
  const credential = createSdkCredential(managedIdentity.endpoint, managedIdentity.headers.deployment);

  async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const { token = '' } = (await credential.getToken(`${resourceManager.audience}/.default`)) ?? {};
    const response = await fetch(
      `${resourceManager.endpoint}${path}${path.includes('?') ? '&' : '?'}${apiVersion}`,
      {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      },
    );
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }

  return {
    /** Answers the id of the assignment. */
    async assign(roleDefinitionId: string, principalId: string, scope: string): Promise<string> {
      const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
      const role = `/providers/Microsoft.Authorization/roleDefinitions/${roleDefinitionId}`;
      await call('PUT', id, { properties: { roleDefinitionId: role, principalId, principalType: 'User' } });
      return id;
    },
    remove: (assignmentId: string) => call('DELETE', assignmentId),
  };
}

/** Ids of built-in roles, the same in every tenant. */
export const builtInRoles = {
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  wacAdministratorLogin: 'a6333a3e-0164-44c3-b281-7a577aff287f',
} as const;
