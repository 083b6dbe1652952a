import { describe, expect, it } from 'vitest';
import type { AccessDecision } from '#shared/domain/access.ts';
import {
  type ConnectFacts,
  connectConditions,
  judgeConnect,
  refusalOf,
} from '#shared/domain/connect-conditions.ts';
import { allOf } from '../../support/combinations.ts';

const has = ['there', 'missing'] as const;
/** Every way in which each condition can be found. */
const combinations = allOf({
  service: ['WAC', 'SSH'],
  role: has,
  endpoint: has,
  configuration: has,
  lease: ['not needed', 'there', 'missing'],
  agent: ['connected', 'disconnected', 'never seen'],
  policy: ['not told', 'allows', 'blocks', 'port missing', 'all off'],
});
type Combination = (typeof combinations)[number];

const ports = { WAC: 6516, SSH: 22 } as const;
const allowed: AccessDecision = { allowed: true, grantedBy: ['/assignments/one'] };
const denied: AccessDecision = { allowed: false, missingAction: 'Some/action' };

function policyOf({ policy, service }: Combination): object {
  const other = service === 'WAC' ? ports.SSH : ports.WAC;
  return {
    'not told': {},
    allows: { blockedServices: [], localPolicy: { enabled: true, ports: [22, 6516] } },
    blocks: { blockedServices: [service], localPolicy: { enabled: true, ports: [22, 6516] } },
    'port missing': { blockedServices: [], localPolicy: { enabled: true, ports: [other] } },
    'all off': { blockedServices: ['WAC', 'SSH'], localPolicy: { enabled: false, ports: [22, 6516] } },
  }[policy];
}

const factsOf = (one: Combination): ConnectFacts => ({
  service: one.service,
  userName: 'operator@sample',
  role: one.role === 'there' ? allowed : denied,
  services:
    one.endpoint === 'missing'
      ? undefined
      : one.configuration === 'there'
        ? ports
        : // The other service being open opens nothing.
          { [one.service === 'WAC' ? 'SSH' : 'WAC']: 1 },
  lease: {
    required: one.lease !== 'not needed',
    ...(one.lease === 'there' && { inForce: { id: 'lease', endsAt: '2026-01-01T00:00:00.000Z' } }),
  },
  agent: one.agent === 'never seen' ? undefined : { connected: one.agent === 'connected', ...policyOf(one) },
});

/** The refusals that each condition has, told without the code under test. */
function expectedCodes(one: Combination): (string | undefined)[] {
  const isConfigured = one.endpoint === 'there' && one.configuration === 'there';
  const policy = {
    'not told': undefined,
    allows: undefined,
    blocks: 'port_not_allowed',
    // Without a configuration there is no port to miss.
    'port missing': isConfigured ? 'port_not_allowed' : undefined,
    'all off': 'remote_access_disabled',
  }[one.policy];
  return [
    one.role === 'missing' ? 'access_denied' : undefined,
    one.endpoint === 'missing' ? 'endpoint_missing' : undefined,
    isConfigured ? undefined : 'service_not_configured',
    one.lease === 'missing' ? 'lease_required' : undefined,
    one.agent === 'connected' ? undefined : 'agent_offline',
    one.agent === 'never seen' ? 'agent_offline' : policy,
  ];
}

describe('the conditions of a connect', () => {
  it(`requirements 86 and 87: each of ${combinations.length} combinations opens when all are met, and else names the first that is missing`, () => {
    const opened = combinations.filter((one) => {
      const judged = judgeConnect(factsOf(one));
      const codes = expectedCodes(one);
      const first = codes.findIndex((code) => code !== undefined);
      expect(judged.map(({ condition }) => condition)).toEqual(connectConditions);
      expect(judged.map(({ code }) => code)).toEqual(codes);
      expect(judged.map(({ met }) => met)).toEqual(codes.map((code) => code === undefined));
      const refusal = refusalOf(judged);
      expect(refusal?.code).toBe(codes[first]);
      expect(refusal?.facts['condition']).toBe(connectConditions[first]);
      return refusal === undefined;
    });
    // Both services, a lease that is there or not needed, and a policy that allows or was not told.
    expect(opened).toHaveLength(2 * 2 * 2);
  });

  it('say in one sentence what was found', () => {
    const told = new Set(
      combinations.flatMap((one) => judgeConnect(factsOf(one)).map(({ detail }) => detail)),
    );
    for (const detail of told) expect(detail).toMatch(/^[^\n]+[^.\n]$/);
    expect(told.size).toBeGreaterThan(15);
  });

  it('name the action that no role gives, and the lease that is in force', () => {
    const [sample] = combinations;
    if (!sample) throw new Error('there are combinations');
    const all: Combination = { ...sample, role: 'missing', lease: 'there', endpoint: 'there' };
    const judged = judgeConnect(factsOf(all));
    expect(refusalOf(judged)?.facts).toEqual({ condition: 'role', missingAction: 'Some/action' });
    expect(judged[3]?.detail).toBe('lease lease is in force until 2026-01-01T00:00:00.000Z');
  });

  it('requirement 42: a port that is missing comes with those that are there', () => {
    const judged = judgeConnect({
      service: 'WAC',
      userName: 'operator@sample',
      role: allowed,
      services: ports,
      lease: { required: false },
      agent: { connected: true, localPolicy: { enabled: true, ports: [22, 3389] } },
    });
    expect(refusalOf(judged)?.facts).toEqual({ condition: 'local policy', port: 6516, ports: [22, 3389] });
  });
});
