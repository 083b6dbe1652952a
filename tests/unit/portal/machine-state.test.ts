import { describe, expect, it } from 'vitest';
import { chainOf, chainSentence } from '#portal/model/chain.ts';
import { complaintOf } from '#portal/model/machine-health.ts';
import { machineQuery } from '#portal/model/machine-question.ts';
import { isMachineState, verdictOf, machineStates as words } from '#portal/model/machine-state.ts';
import { addresses, parseRoute } from '#portal/navigation/routes.ts';
import { machineStates } from '#shared/domain/machine-state.ts';
import type { MachineReply } from '#shared/protocol/api.ts';
import { bareMachine, sampleMachine } from '../../support/portal-samples.ts';

const of = (state: MachineReply['state'], number = 0) => sampleMachine(number, { state });
const ready = of('ready');
const away = sampleMachine(1, {
  state: 'away',
  presence: { connected: false, lastSeenAt: null, agentVersion: null },
});
const bare = bareMachine(2);

describe('the state of a machine', () => {
  it('has one word that a filter may name, and nothing inherited', () => {
    expect(['ready', 'Ready', 'toString', ''].map(isMachineState)).toEqual([true, false, false, false]);
  });

  it('has the order of the service', () => {
    expect(Object.keys(words)).toEqual(machineStates);
  });
});

describe('the list’s question', () => {
  it('is in the address and found there again; what is no state and no target is left out', () => {
    const question = { search: 'web 1&2', state: 'away', kind: 'arc', page: 'token' };
    const route = (address: string) => parseRoute(new URL(address, 'http://localhost'));
    expect(route(addresses.machines(question))).toEqual({ screen: 'machines', ...question });
    expect(route('/portal/?state=toString&kind=constructor')).toMatchObject({ state: '', kind: '' });
  });

  it('asks the service for nothing that is empty', () => {
    const question = { search: '', state: '', kind: '', page: '' };
    expect(machineQuery(question)).toBe('?top=100');
    expect(machineQuery({ ...question, search: 'a b', page: 'x' })).toBe('?search=a+b&skipToken=x&top=100');
  });

  it('of a degraded machine shows why in a few words, of others the state says it', () => {
    const health = { state: 'degraded' as const, reasons: ['clock_wrong' as const, 'check_failed' as const] };
    expect(complaintOf({ state: 'ready', health })).toBe('wrong clock, a check fails');
    expect(complaintOf({ state: 'away', health })).toBe('');
  });
});

describe('the verdict on a machine', () => {
  const refused = { allowed: false, missingAction: 'A/b/action' };

  it.each([
    ['connect', ready],
    ['connect', away],
    ['connect', of('renewing')],
    ['connect', of('replacing')],
    ['connect', of('revoked')],
    ['connect', of('expired')],
    ['install', bare],
    ['install', of('failed')],
    ['install', of('found')],
    ['install', of('consent')],
    ['watch', of('installing')],
    ['watch', of('removing')],
    ['watch', of('repairing')],
    ['none', of('gone')],
  ])('leads to %s', (action, machine) => {
    expect(verdictOf(machine).action).toBe(action);
  });

  it.each([
    ready,
    away,
    bare,
    ...(['renewing', 'replacing', 'failed', 'expired', 'revoked', 'consent', 'found'] as const).map((state) =>
      of(state),
    ),
  ])('offers nothing that the caller may not do, and says why', (machine) => {
    const verdict = verdictOf({ ...machine, may: { install: refused, connect: refused } });
    expect(verdict.action).toBe('none');
    expect(verdict.sentence).toContain('your roles lack A/b/action');
  });
});

describe('the chain to the service', () => {
  const states = (...[machine, tried]: Parameters<typeof chainOf>) =>
    chainOf(machine, tried).map(({ state }) => state);

  it('claims nothing that was not tried', () => {
    expect(states(ready, undefined)).toEqual(['good', 'untried', 'untried', 'good', 'untried']);
    expect(states(bare, undefined)).toEqual(['good', 'untried', 'untried', 'untried', 'untried']);
    expect(states(away, undefined)).toEqual(['good', 'untried', 'untried', 'bad', 'untried']);
  });

  it('claims after a connect what was tried, as far as the machine, and ends at the hop that failed', () => {
    expect(states(away, { outcome: 'open' })).toEqual([...Array(4).fill('good'), 'untried']);
    expect(states(ready, { outcome: 'failed', hop: 'relay' })).toEqual([
      'good',
      'good',
      'bad',
      'untried',
      'untried',
    ]);
    expect(chainSentence(chainOf(ready, { outcome: 'failed', hop: 'relay' }))).toBe(
      'The path ends at the relay.',
    );
  });

  it('says nothing of the path when the failure was elsewhere', () => {
    expect(states(ready, { outcome: 'failed', hop: 'authorization' })).toEqual(states(ready, undefined));
  });
});
