import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAccessTokens } from '#agent/access-tokens.ts';
import { createBackOff } from '#agent/back-off.ts';
import { createClock } from '#agent/clock.ts';
import { readEvent } from '#agent/events.ts';
import { labelOf } from '#agent/host-names.ts';
import { parseSettings } from '#agent/settings.ts';
import { claimsOfLabel, mintLabel } from '#shared/domain/label.ts';

const names = { machineName: 'm'.repeat(26), zone: 'wac.localhost' };

describe('host names', () => {
  it('are taken apart into the label, which holds the session id', () => {
    const sessionId = 'abcdefghijklmn23';
    const label = mintLabel(new Uint8Array(32), names.machineName, {
      sessionId,
      service: 'WAC',
      expiresAt: 1,
    });
    const name = `${label}.${names.machineName}.wac.localhost`;
    expect(labelOf(names, name.toUpperCase())).toBe(label);
    expect(claimsOfLabel(label)).toEqual({ sessionId, service: 'WAC', expiresAt: 1 });
  });

  it.each([
    '',
    'wac.localhost',
    `${names.machineName}.wac.localhost`,
    `a.b.${names.machineName}.wac.localhost`,
  ])('%j has no label', (name) => {
    expect(labelOf(names, name)).toBeUndefined();
  });

  it('never fail to be read', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        labelOf(names, text);
        const id = claimsOfLabel(text)?.sessionId;
        expect(id === undefined || id.length === 16).toBe(true);
      }),
    );
  });
});

describe('events', () => {
  const envelope = { specversion: '1.0', id: '1', source: '/cp', time: '2026-01-01T00:00:00Z' };
  it('of a known type are checked, of an unknown one let be', () => {
    const known = { ...envelope, type: 'admin-center.state.changed', data: {} };
    expect(readEvent(known)).toEqual({ event: known });
    expect(readEvent({ ...envelope, type: 'admin-center.something.new', data: 7 })).toBe('unknown');
    expect(readEvent({ ...envelope, type: 'admin-center.session.revoked', data: {} })).toBe('malformed');
  });

  it('are malformed when they are no CloudEvents at all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(readEvent(body)).toBe('malformed');
      }),
    );
  });
});

describe('the clock', () => {
  it('follows the control plane when it is far off, and itself again when mended', () => {
    let machine = 1_000_000;
    const clock = createClock(() => machine);
    const header = (ms: number) => new Date(ms).toUTCString();
    expect(clock.observe(header(machine + 1000))).toBeUndefined();
    expect(clock.now()).toBe(machine);
    expect(clock.observe(header(machine + 600_000))).toBe(600_500);
    expect(clock.nowSeconds()).toBe(1600);
    machine += 600_000;
    expect(clock.observe(header(machine))).toBe(0);
    expect(clock.observe('nonsense')).toBeUndefined();
    expect(clock.observe(null)).toBeUndefined();
  });
});

describe('waits', () => {
  it('double up to a minute, keep half of it random, and start over after a success', () => {
    const backOff = createBackOff(() => 1);
    const waits = Array.from({ length: 9 }, () => backOff.nextMs());
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    backOff.reset();
    expect(backOff.nextMs()).toBe(500);
    expect(createBackOff(() => 0).nextMs()).toBe(250);
  });
});

describe('access tokens', () => {
  it('are fetched once for all who ask, and again when a quarter of their life is left or after a refusal', async () => {
    let now = 0;
    let fetched = 0;
    const tokens = createAccessTokens(
      {
        async fetchTokens() {
          fetched += 1;
          const expiresAt = new Date(now + 1_000_000).toISOString();
          return { events: 'e', reports: 'r', relay: 'l', expiresAt };
        },
      },
      () => now,
    );
    const [one, two] = await Promise.all([tokens.get(), tokens.get()]);
    expect(one).toBe(two);
    expect(one.renewAt).toBe(750_000);
    now = 749_999;
    await tokens.get();
    expect(fetched).toBe(1);
    now = 750_000;
    await tokens.get();
    expect(fetched).toBe(2);
    tokens.drop();
    await tokens.get();
    expect(fetched).toBe(3);
  });
});

describe('settings', () => {
  const settings = {
    controlPlane: 'http://127.0.0.1:7071',
    resourceId: '/subscriptions/x',
    port: '6516',
    salt: 's',
    token: 'secret-token-of-the-install',
    dataDirectory: '/var/lib/agent',
  };

  it('are read whole, with plain http for the local service', () => {
    expect(parseSettings(JSON.stringify(settings))).toEqual({ ...settings, targetScheme: 'http' });
  });

  it.each([
    { port: 6516 },
    { port: '0' },
    { port: '65536' },
    { controlPlane: 'http://control.example' },
    { controlPlane: 'http://localhost.evil.example' },
    { token: 'short' },
    { unknown: true },
  ])('with %j are refused without repeating a value', (change) => {
    const parse = () => parseSettings(JSON.stringify({ ...settings, ...change }));
    expect(parse).toThrow(expect.objectContaining({ code: 'configuration_incomplete' }));
    expect(parse).toThrow(Object.keys(change)[0]);
    expect(parse).not.toThrow('secret-token');
  });
});
