import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';

const apiVersion = 'api-version=2022-04-01';
const listed = z.object({
  value: z.array(z.object({ id: z.string(), properties: z.object({ principalId: z.string() }) })),
});

/** Takes every role assignment of a person in the subscription away, in Azure; answers how many there were. */
export async function removeAssignments(
  arm: string,
  credential: TokenCredential,
  scope: string,
  principalId: string,
): Promise<number> {
  const token = await credential.getToken('https://management.azure.com/.default');
  const headers = { authorization: `Bearer ${token?.token ?? ''}` };
  const query = `${apiVersion}&$filter=${encodeURIComponent(`principalId eq '${principalId}'`)}`;
  const answer = await fetch(`${arm}${scope}/providers/Microsoft.Authorization/roleAssignments?${query}`, {
    headers,
  });
  const { value } = listed.parse(await answer.json());
  for (const { id } of value) {
    const { status } = await fetch(`${arm}${id}?${apiVersion}`, { method: 'DELETE', headers });
    if (status >= 300) throw new Error(`the assignment ${id} was not removed: ${status}`);
  }
  return value.length;
}
