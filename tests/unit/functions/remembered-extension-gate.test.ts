import { describe, expect, it } from 'vitest';
import { rememberExtensionGate } from '#functions/remembered-extension-gate.ts';
import type { ExtensionState } from '#shared/ports/resource-manager.ts';

const old: ExtensionState = { state: 'succeeded', version: '0.0.0.100', connectNeeds: '0.0.0.169' };
const good: ExtensionState = { state: 'succeeded', version: '0.0.0.203' };

function openGate(states: ExtensionState[]) {
  const clock = { ms: 0 };
  const read: string[] = [];
  const extension = {
    async read(resourceId: string) {
      read.push(resourceId);
      const next = states.length > 1 ? states.shift() : states[0];
      if (!next) throw new Error('no answer');
      return next;
    },
  };
  return { gate: rememberExtensionGate(extension, () => clock.ms), clock, read };
}

describe('the gate of the extension', () => {
  it('asks again for one that is too old, so that an upgrade opens it at once', async () => {
    const { gate, read } = openGate([old, good]);
    expect(await gate.findOutdated('/A')).toEqual({ found: '0.0.0.100', needed: '0.0.0.169' });
    expect(await gate.findOutdated('/A')).toBeUndefined();
    expect(read).toHaveLength(2);
  });

  it('asks seldom for one that is new enough, whatever the case of its id', async () => {
    const { gate, clock, read } = openGate([good]);
    await gate.findOutdated('/A');
    await gate.findOutdated('/a');
    expect(read).toHaveLength(1);
    clock.ms = 10 * 60_000;
    await gate.findOutdated('/A');
    expect(read).toHaveLength(2);
  });

  it('lets through what says nothing of its version, and what is not there', async () => {
    const { gate } = openGate([{ state: 'creating' }, { state: 'absent' }]);
    expect(await gate.findOutdated('/A')).toBeUndefined();
    expect(await gate.findOutdated('/B')).toBeUndefined();
  });

  it('remembers no failure', async () => {
    const { gate } = openGate([]);
    await expect(gate.findOutdated('/A')).rejects.toThrow('no answer');
    await expect(gate.findOutdated('/A')).rejects.toThrow('no answer');
  });
});
