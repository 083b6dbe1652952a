import { describe, expect, it } from 'vitest';
import { type ConnectAdviceContext, mendCondition } from '#shared/domain/connect-advice.ts';
import {
  type ConnectCondition,
  connectConditions,
  type JudgedCondition,
} from '#shared/domain/connect-conditions.ts';
import { shellWords } from '../../support/shell-words.ts';

const resourceId =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/o'b (x)/providers/Microsoft.HybridCompute/machines/web-01";
const endpoint = `${resourceId}/providers/Microsoft.HybridConnectivity/endpoints/default`;
const context: ConnectAdviceContext = {
  machine: { resourceId, kind: 'arc' },
  service: 'WAC',
  port: 443,
  role: { sentence: 'Assign it.', commands: [] },
};
const unmet = (
  condition: ConnectCondition,
  code: JudgedCondition['code'] = 'access_denied',
): JudgedCondition => ({
  condition,
  met: false,
  detail: 'it is not',
  code,
});
const commands = (judged: JudgedCondition, changes: Partial<ConnectAdviceContext> = {}) =>
  mendCondition(judged, { ...context, ...changes })?.commands.map(shellWords);

describe('what mends a condition of a connect', () => {
  it('is a sentence for each that is not met, and nothing for one that is', () => {
    for (const condition of connectConditions) {
      expect(mendCondition(unmet(condition), context)?.sentence).toMatch(/\.$/);
      expect(mendCondition({ condition, met: true, detail: 'it is' }, context)).toBeUndefined();
    }
  });

  it('is the endpoint, and the configuration with the port as it was installed', () => {
    const put = (url: string, properties: object) => {
      const body = JSON.stringify({ properties });
      return ['az', 'rest', '--method', 'put', '--url', `${url}?api-version=2023-03-15`, '--body', body];
    };
    expect(commands(unmet('endpoint'))).toEqual([put(endpoint, { type: 'default' })]);
    expect(commands(unmet('configuration'))).toEqual([
      put(`${endpoint}/serviceConfigurations/WAC`, { serviceName: 'WAC', port: 443 }),
    ]);
    expect(commands(unmet('configuration'), { service: 'SSH', port: undefined })).toEqual([
      put(`${endpoint}/serviceConfigurations/SSH`, { serviceName: 'SSH', port: 22 }),
    ]);
  });

  it('requirement 38: is the machine’s own switch, which nothing in Azure has', () => {
    const off = unmet('local policy', 'remote_access_disabled');
    expect(commands(off)).toEqual([['azcmagent', 'config', 'set', 'incomingconnections.enabled', 'true']]);
  });

  it('requirement 42: is a port that is added, whatever is on the list', () => {
    const missing = unmet('local policy', 'port_not_allowed');
    const add = (port: string) => ['azcmagent', 'config', 'set', 'incomingconnections.ports', port, '--add'];
    expect(commands(missing)).toEqual([add('443')]);
    expect(commands(missing, { service: 'SSH', port: undefined })).toEqual([add('22')]);
  });

  it('names the agent’s own file where no Arc agent is', () => {
    for (const code of ['remote_access_disabled', 'port_not_allowed'] as const) {
      const machine = { resourceId, kind: 'azure-vm' } as const;
      const mend = mendCondition(unmet('local policy', code), { ...context, machine });
      expect(mend?.commands).toEqual([]);
      expect(mend?.sentence).toContain('local-policy.json');
    }
  });
});
