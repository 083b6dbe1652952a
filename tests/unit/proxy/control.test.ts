import { expect, test } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { type ControlSource, createControl } from '#proxy/control.ts';
import { createRevokedSessions } from '#proxy/revoked-sessions.ts';
import { createSessionTable } from '#proxy/session-table.ts';
import type { ProxyState } from '#shared/protocol/proxy-state.ts';

const start = 1_800_000_000_000;
const state: ProxyState = { zone: 'WAC.localhost', labelKeys: ['AQ'], revokedSessions: [] };
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const clock = createManualClock(start);
  const steps: string[] = [];
  const broken = new Set<'subscribe' | 'read'>();
  let current = state;
  let handlers: Parameters<ControlSource['subscribe']>[0] | undefined;
  const source: ControlSource = {
    async readState() {
      steps.push('read');
      if (broken.has('read')) throw new Error('503');
      return current;
    },
    async subscribe(given) {
      steps.push('subscribe');
      if (broken.has('subscribe')) throw new Error('no bus');
      handlers = given;
      return { close: async () => void steps.push('unsubscribe') };
    },
  };
  const sessions = createSessionTable(clock);
  const revoked = createRevokedSessions(clock.now);
  const logger = { log: () => {}, with: () => logger };
  const control = createControl({ source, revoked, sessions, clock, random: () => 0, logger });
  return {
    clock,
    steps,
    broken,
    sessions,
    control,
    setState: (next: Partial<ProxyState>) => {
      current = { ...state, ...next };
    },
    send: (type: string, data: object) =>
      handlers?.onEvent({
        specversion: '1.0',
        id: '1',
        source: 's',
        time: '2026-01-01T00:00:00Z',
        type,
        data,
      }),
    sendRaw: (body: unknown) => handlers?.onEvent(body),
    lose: () => handlers?.onLost(new Error('detached')),
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 250) {
        clock.advance(250);
        await settle();
      }
    },
  };
}

test('subscribes first and reads the state second', async () => {
  const { control, steps } = setUp();
  await control.start();
  expect(steps).toEqual(['subscribe', 'read']);
  expect(control.table()).toMatchObject({ zone: 'wac.localhost', labelKeys: [Buffer.from([1])] });
});

test('is not ready before bus and state have answered, and tries again until they do', async () => {
  const { control, broken, pass, steps } = setUp();
  broken.add('subscribe').add('read');
  let isReady = false;
  const starting = control.start().then(() => {
    isReady = true;
  });
  await pass(2000);
  expect(steps).not.toContain('read');
  broken.delete('subscribe');
  await pass(4000);
  expect(steps.filter((step) => step === 'read').length).toBeGreaterThan(1);
  expect(isReady).toBe(false);
  expect(() => control.table()).toThrow('not read yet');
  broken.clear();
  await pass(5000);
  await starting;
});

test('cuts a session and refuses its label at the event', async () => {
  const { control, sessions, send } = setUp();
  await control.start();
  const cuts: string[] = [];
  sessions.add('aaaabbbbccccdddd', start / 1000 + 60, (reason) => cuts.push(reason));
  send('admin-center.session.revoked', { sessionId: 'aaaabbbbccccdddd', expiresAt: start / 1000 + 60 });
  expect(cuts).toEqual(['revoked']);
  expect(control.table().isRevoked('aaaabbbbccccdddd')).toBe(true);
});

test('reads the keys again when they changed', async () => {
  const { control, setState, send } = setUp();
  await control.start();
  setState({ labelKeys: ['Ag', 'AQ'] });
  send('admin-center.label-keys.changed', {});
  await settle();
  expect(control.table().labelKeys).toHaveLength(2);
});

test('lets an event pass that it does not understand', async () => {
  const { control, send, sendRaw } = setUp();
  await control.start();
  send('admin-center.other', {});
  for (const body of [null, 'text', 7, { type: 'admin-center.session.revoked' }]) sendRaw(body);
  expect(control.table().isRevoked('aaaabbbbccccdddd')).toBe(false);
});

test('reads the state each 30 s while the subscription is lost, and once after it is back', async () => {
  const { control, steps, broken, lose, pass, setState } = setUp();
  await control.start();
  steps.length = 0;
  broken.add('subscribe');
  lose();
  await pass(61_000);
  expect(steps.filter((step) => step === 'read')).toHaveLength(3);
  broken.clear();
  setState({ revokedSessions: [{ sessionId: 'aaaabbbbccccdddd', expiresAt: start / 1000 + 600 }] });
  await pass(15_000);
  expect(steps.slice(-2)).toEqual(['subscribe', 'read']);
  expect(control.table().isRevoked('aaaabbbbccccdddd')).toBe(true);
  steps.length = 0;
  await pass(60_000);
  expect(steps).toEqual([]);
});

test('reads once for many labels under an unknown key, and again only after a while', async () => {
  const { control, steps, clock } = setUp();
  await control.start();
  steps.length = 0;
  await Promise.all([control.refresh(), control.refresh(), control.refresh()]);
  expect(steps).toEqual(['read']);
  clock.advance(5000);
  await control.refresh();
  expect(steps).toEqual(['read', 'read']);
});

test('gives up starting when it is closed', async () => {
  const { control, broken } = setUp();
  broken.add('subscribe');
  const starting = control.start();
  await control.close();
  await expect(starting).rejects.toThrow('aborted');
});
