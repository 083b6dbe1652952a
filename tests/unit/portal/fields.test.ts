import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureText, unreachable } from '#portal/api/failure.ts';
import { remainderOf } from '#portal/model/certificate.ts';
import { readPort } from '#portal/model/port.ts';
import { readResourceId } from '#portal/model/resource.ts';
import { formatBytes, formatRelative, formatSpan } from '#portal/model/time.ts';
import { addresses, parseRoute } from '#portal/navigation/routes.ts';
import { sampleMachine } from '../../support/portal-samples.ts';

const routeOf = (address: string) => parseRoute(new URL(address, 'http://localhost'));

describe('addresses of the portal', () => {
  it('each one is read back as the screen that it was made for', () => {
    expect(routeOf(addresses.machines({ search: 'a&b', state: 'away' }))).toEqual({
      screen: 'machines',
      search: 'a&b',
      state: 'away',
      kind: '',
      page: '',
    });
    expect(routeOf(addresses.machine('abc'))).toEqual({ screen: 'machine', id: 'abc' });
    const prefill = { port: 443, direct: '10.0.0.4', sources: '203.0.113.7,198.51.100.0/24' };
    expect(routeOf(addresses.install('abc', prefill))).toEqual({ screen: 'install', id: 'abc', prefill });
    expect(routeOf(addresses.extension('abc'))).toEqual({ screen: 'extension', id: 'abc' });
    expect(routeOf(addresses.fleetInstalls())).toEqual({ screen: 'fleet-installs' });
    expect(routeOf(addresses.fleetPlan())).toEqual({ screen: 'fleet-plan' });
    expect(routeOf(addresses.fleetInstall('f1'))).toEqual({ screen: 'fleet-install', fleetId: 'f1' });
    expect(routeOf('/portal/fleet-installs/f1/more').screen).toBe('unknown');
    expect(routeOf(addresses.operation('abc.x1', { port: 6600, keys: 'machine' }))).toEqual({
      screen: 'operation',
      id: 'abc',
      operationId: 'abc.x1',
      wishes: { port: 6600, keys: 'machine' },
    });
    expect(routeOf(addresses.certificates())).toEqual({ screen: 'certificates' });
    expect(routeOf(addresses.drill('d1'))).toEqual({ screen: 'drill', drillId: 'd1' });
    expect([routeOf(addresses.add()).screen, routeOf(addresses.opening()).screen]).toEqual([
      'add',
      'opening',
    ]);
  });

  it.each([
    '/portal/x',
    '/portal/machines',
    '/portal/machines/a/b',
    '/portal/machines/a/operations',
    '/other',
  ])('%s is no screen', (address) => {
    expect(routeOf(address)).toEqual({ screen: 'unknown' });
  });
});

describe('fields of the portal', () => {
  it('every port from 1 to 65535 is one, and nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), (port) => readPort(` ${port} `).port === port),
    );
    fc.assert(fc.property(fc.integer({ min: 65_536 }), (port) => readPort(String(port)).port === undefined));
    for (const text of ['', '0', '-1', '1.5', '1e3', '0x10', 'a'])
      expect(readPort(text).fault).toMatch(/1 to 65535/);
  });

  it('a resource id is read whole or refused in words', () => {
    const { resourceId } = sampleMachine(0);
    expect(readResourceId(` ${resourceId}/ `)).toEqual({
      resourceId,
      name: 'server-0',
      kind: 'arc',
      resourceGroup: 'rg-sample',
    });
    expect(readResourceId('').fault).toMatch(/Paste/);
    expect(readResourceId('server-0').fault).toMatch(/begins with/);
    expect(readResourceId(resourceId.replace('HybridCompute/machines', 'Storage/accounts')).fault).toMatch(
      /Microsoft.Storage\/accounts is not a machine/,
    );
    fc.assert(fc.property(fc.string(), (text) => readResourceId(text).fault !== undefined));
  });
});

describe('numbers have units', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  const at = (seconds: number) => formatRelative(new Date(now + seconds * 1000).toISOString(), now);

  it('times are relative and rounded towards now', () => {
    expect([at(-30), at(30), at(-119), at(3599), at(-7300), at(-86_400), at(3 * 86_400 + 5)]).toEqual([
      'just now',
      'in under a minute',
      '1 minute ago',
      'in 59 minutes',
      '2 hours ago',
      'yesterday',
      'in 3 days',
    ]);
  });

  it('spans and sizes', () => {
    expect([-5, 999, 59_999, 65_000, 7_380_000, 200_000_000].map(formatSpan)).toEqual([
      'under 1 s',
      'under 1 s',
      '59 s',
      '1 min 5 s',
      '2 h 3 min',
      '2 d',
    ]);
    expect([512, 1536, 16 * 1024 ** 3].map(formatBytes)).toEqual(['512 B', '1.5 KiB', '16 GiB']);
  });

  it('a certificate counts days, then hours, then nothing', () => {
    const left = [30, 1, -1].map((days) => remainderOf(new Date(now + days * 86_400_000).toISOString(), now));
    expect(left.map(({ words }) => words)).toEqual(['30 days', '24 h', 'expired']);
    expect(left.map(({ isOver }) => isOver)).toEqual([false, false, true]);
  });
});

describe('a failure as text for support', () => {
  it('says title, code, hop, detail and remedy, and never that a fetch failed', () => {
    const text = failureText(unreachable('The control plane', 'http://localhost:7071', true), new Date(0));
    expect(text).toMatch(/^The control plane does not answer\nCode: no_answer\nWhere: browser\nDetail: /);
    expect(text).toMatch(/\nRemedy: .+\nTime: 1970-01-01T00:00:00.000Z$/);
    expect(unreachable('The control plane', 'http://localhost:7071', false).code).toBe('offline');
  });
});
