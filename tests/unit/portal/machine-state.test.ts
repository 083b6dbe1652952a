import { describe, expect, it } from 'vitest';
import { chainOf, chainSentence } from '#portal/model/chain.ts';
import { isMachineState, pickMachines, stateOf, verdictOf } from '#portal/model/machine-state.ts';
import { bareMachine, fromNow, machineIdOf, sampleMachine } from '../../support/portal-samples.ts';

const now = Date.now();
const ready = sampleMachine(0);
const away = sampleMachine(1, { presence: { connected: false, lastSeenAt: null, agentVersion: null } });
const bare = bareMachine(2);
const failed = bareMachine(3, {
  extension: { name: 'AdminCenter', state: 'failed', port: 6516, installedAt: null },
});
const installing = bareMachine(4, { operation: { id: `${machineIdOf(4)}.x`, kind: 'install' } });
const removing = sampleMachine(5, { operation: { id: `${machineIdOf(5)}.x`, kind: 'uninstall' } });
const renewing = sampleMachine(6, { operation: { id: `${machineIdOf(6)}.x`, kind: 'renew' } });
const issued = sampleMachine(7);
const expired = {
  ...issued,
  certificate: issued.certificate && { ...issued.certificate, notAfter: fromNow(-1000) },
};

const replacing = sampleMachine(8, { operation: { id: `${machineIdOf(8)}.x`, kind: 'revoke' } });
const revoked = {
  ...issued,
  certificate: issued.certificate && { ...issued.certificate, state: 'revoked' as const },
};
const unissued = {
  ...issued,
  certificate: issued.certificate && { ...issued.certificate, notBefore: null, notAfter: null },
};

describe('the state of a machine', () => {
  it.each([
    ['ready', ready],
    ['away', away],
    ['uninstalled', bare],
    ['failed', failed],
    ['installing', installing],
    ['removing', removing],
    ['renewing', renewing],
    ['expired', expired],
    ['replacing', replacing],
    ['revoked', revoked],
    ['ready', unissued],
  ])('is %s', (state, machine) => {
    expect(stateOf(machine, now)).toBe(state);
  });

  it('has one word that a filter may name, and nothing inherited', () => {
    expect(['ready', 'Ready', 'toString', ''].map(isMachineState)).toEqual([true, false, false, false]);
  });

  it('sorts by trouble, then by name', () => {
    const all = [ready, sampleMachine(8, { name: 'a-first' }), bare, away, installing, failed, expired];
    const picked = pickMachines(all, { search: '', state: '' }, now).map((machine) => stateOf(machine, now));
    expect(picked).toEqual(['failed', 'expired', 'away', 'installing', 'uninstalled', 'ready', 'ready']);
    expect(pickMachines(all, { search: '', state: 'ready' }, now).map(({ name }) => name)).toEqual([
      'a-first',
      'server-0',
    ]);
  });

  it('is found by every word of a search, in name, resource and system', () => {
    const all = [ready, bare];
    const found = (search: string) => pickMachines(all, { search, state: '' }, now).length;
    expect([found('server-0'), found('SERVER windows'), found('server-0 linux'), found('rg-sample')]).toEqual(
      [1, 2, 0, 2],
    );
  });
});

describe('the verdict on a machine', () => {
  const refused = { allowed: false, missingAction: 'A/b/action' };

  it.each([
    ['connect', ready],
    ['connect', away],
    ['connect', renewing],
    ['connect', replacing],
    ['connect', revoked],
    ['install', bare],
    ['install', failed],
    ['watch', installing],
    ['watch', removing],
  ])('leads to %s', (action, machine) => {
    expect(verdictOf(machine, now).action).toBe(action);
  });

  it.each([ready, away, renewing, replacing, bare, failed, expired, revoked])(
    'offers nothing that the caller may not do, and says why',
    (machine) => {
      const verdict = verdictOf({ ...machine, may: { install: refused, connect: refused } }, now);
      expect(verdict.action).toBe('none');
      expect(verdict.sentence).toContain('your roles lack A/b/action');
    },
  );
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
