import { describe, expect, it } from 'vitest';
import { createApi } from '#cli/api.ts';
import { failureOf } from '#cli/failure.ts';
import { type FollowContext, followOperation } from '#cli/follow-operation.ts';
import type { Reply } from '#cli/http-client.ts';
import { createOutput } from '#cli/output.ts';
import type { OperationReply } from '#shared/protocol/api.ts';

const operation = (status: OperationReply['status'], percent: number): OperationReply => ({
  id: 'm.1',
  machineId: 'm',
  kind: 'install',
  status,
  percent,
  steps: [],
  createdAt: '2026-01-01T00:00:00.000Z',
});
const reply = (value: OperationReply, retryAfterMs?: number): Reply<OperationReply> => ({
  status: 200,
  value,
  json: value,
  retryAfterMs,
});

/** A follower whose answers and waits are lists. */
function follow(answers: (Reply<OperationReply> | Error)[], first = reply(operation('running', 0), 300)) {
  const waits: number[] = [];
  const written = { stdout: '', stderr: '' };
  const context: FollowContext = {
    api: {
      ...createApi(() => Promise.reject(new Error('nothing else is asked'))),
      getOperation: async () => {
        const next = answers.shift();
        if (!next || next instanceof Error) throw next ?? new Error('asked too often');
        return next;
      },
    },
    output: createOutput({
      stdout: { write: (text) => (written.stdout += text) },
      stderr: { write: (text) => (written.stderr += text) },
      env: {},
      isJson: true,
    }),
    wait: async (ms) => void waits.push(ms),
  };
  return { ended: followOperation(context, first), waits, written };
}

const away = () => failureOf('api_unreachable', 'refused');

describe('following an operation', () => {
  it('waits as long as each answer asks, and a second where it does not say', async () => {
    const { ended, waits } = follow([
      reply(operation('running', 10), 700),
      reply(operation('running', 20)),
      reply(operation('succeeded', 100)),
    ]);
    await ended;
    expect(waits).toEqual([300, 700, 1_000]);
  });

  it('tells an answer that does not differ once', async () => {
    const { ended, written } = follow([reply(operation('running', 0)), reply(operation('succeeded', 100))]);
    await ended;
    expect(written.stdout.trim().split('\n')).toHaveLength(2);
  });

  it('goes on when the service is away for a moment, a little later each time', async () => {
    const { ended, waits } = follow([away(), away(), reply(operation('succeeded', 100))]);
    await ended;
    expect(waits).toEqual([300, 1_000, 2_000]);
  });

  it('gives up after five looks in a row that failed, and says how to look again', async () => {
    const { ended, written } = follow(Array.from({ length: 6 }, away));
    await expect(ended).rejects.toMatchObject({ facts: { code: 'api_unreachable' } });
    expect(written.stderr).toContain('wacctl operation m.1 --follow');
  });

  it('gives up at once when looking again cannot help', async () => {
    const { ended, waits } = follow([failureOf('reply_unexpected', 'a page')]);
    await expect(ended).rejects.toMatchObject({ facts: { code: 'reply_unexpected' } });
    expect(waits).toEqual([300]);
  });

  it('looks seldom at what waits for its turn, and never less than once a minute', async () => {
    const turn = (inMs: number) => ({
      ...operation('running', 50),
      resumesAt: new Date(Date.now() + inMs).toISOString(),
    });
    const { ended, waits } = follow(
      [reply(turn(100_000), 300), reply(turn(-1000), 300), reply(operation('succeeded', 100))],
      reply(turn(36_000_000), 300),
    );
    await ended;
    expect(waits.map((ms) => Math.round(ms / 1000))).toEqual([60, 10, 0]);
    expect(waits.at(-1)).toBe(300);
  });

  it('that is postponed ends without a result and says when it goes on', async () => {
    const postponed = { ...operation('postponed', 50), resumesAt: '2026-01-02T03:04:05.000Z' };
    const { ended } = follow([], reply(postponed));
    await expect(ended).rejects.toMatchObject({
      exit: 'postponed',
      facts: { code: 'operation_postponed', detail: 'the install goes on at 2026-01-02 03:04 UTC' },
    });
  });

  it('asks nothing when it has ended already', async () => {
    const { ended, waits } = follow([], reply(operation('succeeded', 100)));
    await ended;
    expect(waits).toEqual([]);
  });
});
