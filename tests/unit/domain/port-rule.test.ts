import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { ownerOfRule, planPort, type WantedPort } from '#shared/domain/port-rule.ts';
import { judgePort } from '#shared/domain/port-verdict.ts';
import type { SecurityRule } from '#shared/domain/security-rule.ts';
import { defaultRules, rule } from '../../support/security-rules.ts';

const machineId = machineIdOf('one');
const other = machineIdOf('two');
const wanted: WantedPort = {
  machineId,
  listenOn: '10.0.0.4',
  port: 6516,
  sources: ['198.51.100.0/24', '192.0.2.9'],
};
const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.code : 'another';
  }
};

describe('the rule of a machine', () => {
  it('says whose it is in no more than the 140 characters that a description may have', () => {
    const { rule: made } = planPort(defaultRules, wanted);
    expect(ownerOfRule(made)).toBe(machineId);
    expect(made.description?.length).toBeLessThanOrEqual(140);
  });

  it('is nobody’s without the mark, whatever else is said there', () => {
    for (const description of [
      undefined,
      '',
      `for machine ${machineId}`,
      `Not Made for machine ${machineId}`,
    ])
      expect(ownerOfRule({ ...(description !== undefined && { description }) })).toBeUndefined();
  });

  it.each<[string, Partial<SecurityRule>]>([
    ['a wider port range', { destinationPorts: ['6000-7000'] }],
    ['protocol Any (C7)', { protocol: '*' }],
    ['a wider network', { sources: ['198.51.0.0/16', '192.0.2.0/24'] }],
    ['everybody', { sources: ['Internet'] }],
    ['the very machine', { destinations: ['10.0.0.4'] }],
  ])('is not needed where a rule of somebody else lets in %s', (_, changes) => {
    const theirs = rule({ name: 'theirs', protocol: 'Tcp', ...changes });
    expect(planPort([theirs, ...defaultRules], wanted)).toEqual({
      action: 'keep',
      rule: theirs,
      isOurs: false,
    });
  });

  it.each<[string, Partial<SecurityRule>]>([
    ['another port', { destinationPorts: ['443'] }],
    ['a part of the sources', { sources: ['192.0.2.9'] }],
    ['another machine', { destinations: ['10.0.0.5'] }],
    ['UDP', { protocol: 'Udp' }],
    ['what goes out', { direction: 'Outbound' }],
    ['nothing', { access: 'Deny', priority: 4000 }],
    ['a service tag', { sources: ['AzureCloud'] }],
    ['some source ports', { sourcePorts: ['443'] }],
  ])('is made beside a rule of somebody else that lets in %s, unless that has its name', (_, changes) => {
    const theirs = rule({ name: 'theirs', ...changes });
    expect(planPort([theirs, ...defaultRules], wanted)).toMatchObject({
      action: 'write',
      rule: { name: 'PortForWAC' },
    });
    const named = { ...theirs, name: 'portforwac' };
    expect(codeOf(() => planPort([named, ...defaultRules], wanted))).toBe('port_rule_foreign');
  });

  it('does not rest on the rule of another machine, which goes with that machine', () => {
    const { rule: theirs } = planPort(defaultRules, { ...wanted, machineId: other, sources: 'any' });
    const { action, rule: made } = planPort([theirs, ...defaultRules], wanted);
    expect([action, made.name]).toEqual(['write', `PortForWAC-${machineId.slice(0, 6)}`]);
    expect(made.priority).not.toBe(theirs.priority);
  });

  it('has its whole id in the name where another machine’s begins alike', () => {
    const { rule: first } = planPort(defaultRules, { ...wanted, machineId: other });
    const alike = `${machineId.slice(0, 6)}${other.slice(6)}`;
    const { rule: second } = planPort([first], { ...wanted, machineId: alike });
    expect(planPort([first, second], wanted).rule.name).toBe(`PortForWAC-${machineId}`);
  });

  it('moves in front of a refusal that came later, and keeps its place before a later one', () => {
    const { rule: made } = planPort(defaultRules, wanted);
    const deny = (priority: number) => rule({ name: 'deny', access: 'Deny', priority });
    expect(planPort([made, deny(301)], wanted)).toMatchObject({ action: 'keep' });
    expect(planPort([made, deny(120)], wanted)).toMatchObject({ action: 'write', rule: { priority: 119 } });
    expect(codeOf(() => planPort([made, deny(100)], wanted))).toBe('port_rule_full');
  });

  it('finds the last free priority of a group, and refuses when there is none', () => {
    const all = Array.from({ length: 3997 }, (_, index) =>
      rule({ name: `rule ${index}`, priority: 100 + index, destinationPorts: ['1'] }),
    );
    const gap = all.filter(({ priority }) => priority !== 1234);
    expect(planPort([...gap, ...defaultRules], wanted).rule.priority).toBe(1234);
    expect(codeOf(() => planPort([...all, ...defaultRules], wanted))).toBe('port_rule_full');
  });

  it('opens the port whatever stands there, planned twice is planned once, and leaves the others as they are', () => {
    const standing = fc.record({
      access: fc.constantFrom('Allow' as const, 'Deny' as const),
      direction: fc.constantFrom('Inbound' as const, 'Outbound' as const),
      priority: fc.integer({ min: 101, max: 330 }),
      sources: fc.constantFrom(['*'], ['Internet'], ['192.0.2.0/24'], ['203.0.113.0/24'], ['AzureCloud']),
      destinationPorts: fc.constantFrom(['*'], ['6516'], ['443']),
      description: fc.constantFrom(
        undefined,
        planPort(defaultRules, { ...wanted, machineId: other }).rule.description,
      ),
    });
    const rules = fc.uniqueArray(standing, {
      maxLength: 8,
      selector: ({ priority, direction }) => `${direction} ${priority}`,
    });
    const sources = fc.constantFrom<WantedPort['sources']>(
      'any',
      ['192.0.2.9'],
      ['192.0.2.9', '203.0.113.0/25'],
    );
    fc.assert(
      fc.property(rules, sources, (made, from) => {
        const before = [
          ...made.map(({ description, ...one }, index) =>
            rule({ name: `r${index}`, ...one, ...(description !== undefined && { description }) }),
          ),
          ...defaultRules,
        ];
        const ask = { ...wanted, sources: from };
        const plan = planPort(before, ask);
        const after = plan.action === 'keep' ? before : [...before, plan.rule];
        for (const peer of from === 'any' ? ['Internet'] : from)
          expect(
            judgePort([{ rules: after }], { direction: 'Inbound', own: '10.0.0.4', peer, port: 6516 }),
          ).toBe('open');
        expect(planPort(after, ask)).toEqual({ ...plan, action: 'keep' });
        const places = after.map(({ direction, priority }) => `${direction} ${priority}`);
        expect(new Set(places).size).toBe(places.length);
      }),
    );
  });
});
