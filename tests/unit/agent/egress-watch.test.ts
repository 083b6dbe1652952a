import { describe, expect, it } from 'vitest';
import { createEgressWatch } from '#agent/egress-watch.ts';
import type { Unreachable } from '#shared/protocol/agent-messages.ts';

const amiss: Unreachable = { host: 'bus.test:443', reason: 'it refuses the connection' };

/** A watch whose timers the test moves, and what it checked and told. */
function open(answers: Unreachable[][] = []) {
  const checked: string[][] = [];
  const told: boolean[] = [];
  const stop = new AbortController();
  const watch = createEgressWatch({
    async check(hosts) {
      checked.push([...hosts]);
      return answers.shift() ?? [];
    },
    signal: stop.signal,
    now: () => Date.parse('2026-11-01T00:00:00.000Z'),
    onChecked: (_, hasChanged) => told.push(hasChanged),
    random: () => 0.5,
  });
  const ended = watch.run();
  return { watch, checked, told, close: () => (stop.abort(), ended) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the watch over what the agent connects to', () => {
  it('requirement 114: checks a list when it is new, and again only when another comes', async () => {
    const { watch, checked, close } = open();
    await settled();
    expect({ checked, latest: watch.latest() }).toEqual({ checked: [], latest: undefined });
    watch.aim(['api.test:443']);
    await settled();
    watch.aim(['api.test:443']);
    await settled();
    watch.aim(['api.test:443', 'bus.test:443']);
    await settled();
    expect(checked).toEqual([['api.test:443'], ['api.test:443', 'bus.test:443']]);
    expect(watch.latest()).toEqual({ checkedAt: '2026-11-01T00:00:00.000Z', unreachable: [] });
    await close();
  });

  it('tells at once when another set is not reached, and not when nothing is new', async () => {
    const { watch, told, close } = open([[amiss], [amiss], []]);
    for (const list of [['a.test:443'], ['b.test:443'], ['c.test:443']]) {
      watch.aim(list);
      await settled();
    }
    expect(told).toEqual([true, false, true]);
    await close();
  });

  it('forgets what it found when it is told of no hosts any more', async () => {
    const { watch, close } = open([[amiss]]);
    watch.aim(['bus.test:443']);
    await settled();
    watch.aim([]);
    await settled();
    expect(watch.latest()).toBeUndefined();
    await close();
  });
});
