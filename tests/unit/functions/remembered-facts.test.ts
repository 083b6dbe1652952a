import { beforeEach, describe, expect, it } from 'vitest';
import { rememberFacts } from '#functions/remembered-facts.ts';
import { AppError } from '#shared/domain/error.ts';
import type { MachineFacts } from '#shared/domain/machine.ts';
import { goodFacts } from '../../support/precondition-cases.ts';

const minuteMs = 60_000;
const good = goodFacts.arc;
const changed: MachineFacts = { ...good, agentVersion: '1.35' };
let asked: string[];
let nowMs: number;
let answer: () => Promise<MachineFacts | undefined>;

const open = () =>
  rememberFacts(
    {
      findMachine(resourceId) {
        asked.push(resourceId);
        return answer();
      },
    },
    () => nowMs,
  );

/** What was begun beside the answer has ended. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  asked = [];
  nowMs = 0;
  answer = async () => good;
});

describe('the facts of a machine', () => {
  it('are read once for connects that come together, whatever the case of the id', async () => {
    const facts = open();
    await Promise.all([facts.recent('/M'), facts.recent('/m'), facts.recent('/M')]);
    expect(asked).toEqual(['/M']);
  });

  it('are each time read anew for an install, and a connect after it uses them', async () => {
    const facts = open();
    await facts.read('/m');
    answer = async () => changed;
    await facts.read('/m');
    expect(asked).toEqual(['/m', '/m']);
    expect(await facts.recent('/m')).toBe(changed);
    expect(asked).toHaveLength(2);
  });

  it('are no older than ten minutes', async () => {
    const facts = open();
    await facts.recent('/m');
    answer = async () => changed;
    nowMs = 10 * minuteMs;
    expect(await facts.recent('/m')).toBe(changed);
    expect(asked).toHaveLength(2);
  });

  it('are renewed beside a connect from half that age on, and nobody waits', async () => {
    const facts = open();
    await facts.recent('/m');
    nowMs = 5 * minuteMs - 1;
    await facts.recent('/m');
    expect(asked).toHaveLength(1);
    nowMs = 5 * minuteMs;
    let reply = (_facts: MachineFacts) => {};
    answer = () => new Promise((resolve) => (reply = resolve));
    expect(await facts.recent('/m')).toBe(good);
    expect(await facts.recent('/m')).toBe(good);
    expect(asked).toHaveLength(2);
    reply(changed);
    await settled();
    expect(await facts.recent('/m')).toBe(changed);
    nowMs = 10 * minuteMs - 1;
    expect(await facts.recent('/m')).toBe(changed);
    expect(asked).toHaveLength(2);
  });

  it('stay for their time when they cannot be renewed, and no longer', async () => {
    const facts = open();
    await facts.recent('/m');
    answer = () => Promise.reject(new AppError('resource_manager_unavailable', 'no answer'));
    nowMs = 9 * minuteMs;
    expect(await facts.recent('/m')).toBe(good);
    await settled();
    expect(await facts.recent('/m')).toBe(good);
    await settled();
    nowMs = 10 * minuteMs;
    await expect(facts.recent('/m')).rejects.toMatchObject({ code: 'resource_manager_unavailable' });
    answer = async () => good;
    expect(await facts.recent('/m')).toBe(good);
  });

  it('of a machine that is not there are not remembered', async () => {
    const facts = open();
    answer = async () => undefined;
    expect(await facts.recent('/m')).toBeUndefined();
    answer = async () => good;
    expect(await facts.recent('/m')).toBe(good);
    answer = async () => undefined;
    nowMs = 6 * minuteMs;
    await facts.recent('/m');
    await settled();
    expect(await facts.recent('/m')).toBeUndefined();
  });

  it('are forgotten, the oldest first, when there are ten thousand', async () => {
    const facts = open();
    await Promise.all(Array.from({ length: 10_001 }, (_, index) => facts.recent(`/m${index}`)));
    asked = [];
    await facts.recent('/m10000');
    expect(asked).toEqual([]);
    await facts.recent('/m0');
    expect(asked).toEqual(['/m0']);
  });
});
