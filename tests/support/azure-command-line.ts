import { randomUUID } from 'node:crypto';
import { builtInRoles } from '#local/resource-manager/providers/built-in-roles.ts';
import { shellWords } from './shell-words.ts';

export interface AzureCall {
  method: string;
  /** From the root of Azure Resource Manager, with its api-version. */
  path: string;
  body: object;
}

/** Every option has a value; one that is given twice, or none, is refused. */
function optionsOf(words: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) {
    const [name = '', value] = words.slice(at, at + 2);
    if (!name.startsWith('--') || value === undefined || options.has(name))
      throw new Error(`${name} is no option with one value`);
    options.set(name, value);
  }
  return options;
}

/** What `az` would send for a line that was pasted: the few commands that are advised, as their reference has them. */
export function azureCallOf(line: string): AzureCall {
  const words = shellWords(line);
  const command = words
    .slice(
      0,
      words.findIndex((word) => word.startsWith('--')),
    )
    .join(' ');
  const options = optionsOf(words.slice(command.split(' ').length));
  const option = (name: string): string => {
    const value = options.get(`--${name}`);
    if (value === undefined) throw new Error(`${command} needs --${name}`);
    return value;
  };
  if (command === 'az rest')
    return { method: option('method'), path: option('url'), body: JSON.parse(option('body')) as object };
  if (command !== 'az role assignment create') throw new Error(`${command} is not advised`);
  const role = builtInRoles.find(({ roleName }) => roleName === option('role'));
  if (!role) throw new Error(`there is no role ${option('role')}`);
  const properties = {
    roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${role.name}`,
    principalId: option('assignee-object-id'),
    principalType: option('assignee-principal-type'),
  };
  return {
    method: 'put',
    path: `${option('scope')}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`,
    body: { properties },
  };
}
