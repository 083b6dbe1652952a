import { describe, expect, it } from 'vitest';
import { writeChecks } from '#agent/check-page.ts';
import { createUnixHostChecks } from '#agent/unix-host-checks.ts';
import { hostCheckList } from '#shared/protocol/host-check.ts';
import { type CapturedHost, createCapturedHost } from '../../support/captured-host.ts';
import { replayTools } from '../../support/captured-tools.ts';
import { checkHost, find, reached, say } from './check-host.ts';

describe('the checks of a machine', () => {
  it('requirements 109-114: are the documented six in their order, all well', async () => {
    expect(await checkHost()).toEqual([
      { id: 'service', ok: true, found: 'ServerManagementGateway is running' },
      { id: 'localhost', ok: true, found: 'https://localhost:6516 answers 200' },
      { id: 'process', ok: true, found: 'Sme.exe runs' },
      { id: 'installation', ok: true, found: 'SmePort is 6516' },
      {
        id: 'ports',
        ok: true,
        found: 'Local configuration setting\nincomingconnections.ports (preview): 22,6516',
      },
      { id: 'outbound', ok: true, found: 'reached api.example:443, bus.example:443' },
    ]);
  });

  it.each([
    ['sc-stopped', false, 'start the service: sc.exe start ServerManagementGateway'],
    ['sc-starting', false, 'wait until it runs, then check again'],
    ['sc-absent', false, 'uninstall the extension and install it again'],
    ['sc-denied', null, undefined],
  ])('requirement 109: %s', async (service, ok, next) => {
    const said = await say('service', { service, page: 'ECONNREFUSED' });
    expect([said?.ok, said?.next]).toEqual([ok, next]);
  });

  it.each([
    [200, true],
    [401, true],
    [503, false],
    ['ECONNREFUSED', false],
    ['no answer in 5 s', false],
  ])('requirement 110: a page that answers %s', async (page, ok) => {
    expect((await say('localhost', { page }))?.ok).toBe(ok);
  });

  it('requirement 119: another port in the registry is told where the page does not load', async () => {
    expect(await say('localhost', { page: 'ECONNREFUSED', port: 'reg-port-text' })).toMatchObject({
      found: 'https://localhost:6516 does not load: ECONNREFUSED; SmePort is 443',
      next: 'install the extension again with port 443',
    });
  });

  it.each<[string, CapturedHost, boolean | null, string | undefined]>([
    ['is left alone while the page loads', {}, true, undefined],
    [
      'is to be ended when the page does not load',
      { page: 'ECONNREFUSED' },
      false,
      'end it and try again: taskkill /F /IM Sme.exe',
    ],
    [
      'cannot be ended when it is not there',
      { page: 'ECONNREFUSED', process: 'tasklist-none' },
      true,
      undefined,
    ],
    ['cannot be told', { page: 'ECONNREFUSED', process: 'tasklist-denied' }, null, undefined],
  ])('requirements 12 and 111: Sme.exe %s', async (_, changes, ok, next) => {
    const said = await say('process', changes);
    expect([said?.ok, said?.next]).toEqual([ok, next]);
  });

  const reinstall = 'uninstall the extension and install it again';
  it.each<[string, CapturedHost, boolean | null, string | undefined]>([
    ['when nothing else is left', { page: 503, process: 'tasklist-none' }, false, reinstall],
    ['when the registry has no port', { page: 503, port: 'reg-failed' }, false, reinstall],
    ['when the service is gone', { page: 503, service: 'sc-absent' }, false, reinstall],
    ['not while Sme.exe can be ended', { page: 503 }, null, undefined],
    [
      'not while the service can be started',
      { page: 503, service: 'sc-stopped', process: 'tasklist-none' },
      null,
      undefined,
    ],
    ['not on a guess', { page: 503, service: 'sc-denied', process: 'tasklist-none' }, null, undefined],
    ['not while the page loads', {}, true, undefined],
  ])('requirement 112: uninstall and reinstall, %s', async (_, changes, ok, next) => {
    const said = await say('installation', changes);
    expect([said?.ok, said?.next]).toEqual([ok, next]);
  });

  it('leave another web application alone that answers on the port', async () => {
    const checks = await checkHost({
      service: 'sc-absent',
      process: 'tasklist-none',
      port: 'reg-failed',
      parentKey: 'reg-parent-without',
      handlers: [],
    });
    expect(checks.map(({ id, ok }) => [id, ok])).toEqual([
      ['service', null],
      ['localhost', true],
      ['process', true],
      ['installation', null],
      ['ports', true],
      ['outbound', true],
    ]);
  });

  it('requirements 40 and 113: a port that is not on the list of the Arc agent is refused', async () => {
    expect(await say('ports', { arc: 'azcmagent-443' })).toMatchObject({
      ok: false,
      found: 'Local configuration setting\nincomingconnections.ports (preview): 443',
    });
  });

  it.each([
    ['azcmagent-443', 'azcmagent config set incomingconnections.ports 443,6516'],
    ['azcmagent-brackets', 'azcmagent config set incomingconnections.ports 22,443,6516'],
    ['azcmagent-empty', 'azcmagent config set incomingconnections.ports 6516'],
  ])('requirements 41 and 42: %s, the command adds the port and keeps the others', async (arc, next) => {
    expect((await say('ports', { arc }))?.next).toBe(next);
  });

  it('requirement 38: what is disabled is told before any port', async () => {
    expect(await say('ports', { arc: 'azcmagent-disabled' })).toMatchObject({
      ok: false,
      next: 'azcmagent config set incomingconnections.enabled true',
    });
  });

  it.each([
    ['{"incomingconnections.ports":"22"}', 'local-policy.json: add 6516 to incomingconnections.ports'],
    ['{"incomingconnections.enabled":false}', 'local-policy.json: set incomingconnections.enabled true'],
    ['{', 'mend local-policy.json: until then nothing is let in'],
  ])('requirement 39: the agent’s own policy %s wins over an Arc agent that allows', async (policy, next) => {
    const checks = await checkHost({}, { policy });
    expect(find(checks, 'ports')).toMatchObject({ ok: false, next });
  });

  it('requirement 42: a list that is too long to be told is never told in part', async () => {
    const ports = Array.from({ length: 40 }, (_, at) => 50_000 + at);
    const host = {
      ...createCapturedHost(),
      arcConfiguration: async () => ({ known: { enabled: true, ports } }),
    };
    expect(find(await checkHost({}, { host }), 'ports')?.next).toBe(
      'add 6516 to incomingconnections.ports of azcmagent, and keep the 40 that are there',
    );
  });

  it('requirement 39: a configuration of the Arc agent that cannot be read lets nobody in', async () => {
    expect(await say('ports', { arc: 'azcmagent-denied' })).toEqual({
      id: 'ports',
      ok: false,
      found: 'azcmagent ended with code 1',
      next: 'until the agent can read the configuration of azcmagent nothing is let in',
    });
  });

  it('requirement 40: the agent’s own policy counts alone where there is no Arc agent', async () => {
    const checks = await checkHost({ arc: 'missing' });
    expect(find(checks, 'ports')).toMatchObject({
      ok: true,
      found: 'incomingconnections.ports of this agent: 6516',
    });
  });

  it('requirement 114: hosts that are not reached are named with the reason', async () => {
    const outbound = { ...reached, unreachable: [{ host: 'bus.example:443', reason: 'ETIMEDOUT' }] };
    expect(find(await checkHost({}, { outbound }), 'outbound')).toEqual({
      id: 'outbound',
      ok: false,
      found: 'not reached: bus.example:443: ETIMEDOUT',
      next: 'allow these outbound',
    });
  });

  it('requirement 40: want the port of the local service to be allowed too', async () => {
    const policy = '{"incomingconnections.ports":"6516"}';
    const arc = 'azcmagent-full';
    expect(find(await checkHost({ arc }, { policy, localPort: 8443 }), 'ports')).toMatchObject({
      ok: false,
      next: 'local-policy.json: add 8443 to incomingconnections.ports',
    });
  });

  it('say of a machine without Windows what applies to it', async () => {
    const host = {
      ...createUnixHostChecks(replayTools({ '/opt/azcmagent/bin/azcmagent config list': 'missing' })),
      localStatus: async () => ({ unknown: 'ECONNREFUSED' }),
    };
    const checks = await checkHost({}, { host });
    expect(checks.map(({ id, ok }) => [id, ok])).toEqual([
      ['service', null],
      ['localhost', false],
      ['process', null],
      ['installation', null],
      ['ports', true],
      ['outbound', true],
    ]);
  });

  it('fit in a report, however long what was found', async () => {
    const unreachable = Array.from({ length: 40 }, (_, at) => ({
      host: `${at}.example:443`,
      reason: 'EPERM',
    }));
    const outbound = { ...reached, unreachable };
    const checks = await checkHost({ handlers: [], page: 'E'.repeat(500) }, { outbound });
    expect(hostCheckList.parse(checks)).toHaveLength(7);
  });
});

describe('the page of checks', () => {
  it('has a line for each, what to do below it, and ends with what is to be done', async () => {
    const page = writeChecks(await checkHost({ arc: 'azcmagent-443' }));
    expect(page.split('\n')).toEqual([
      ' 1  ok      service          ServerManagementGateway is running',
      ' 2  ok      local page       https://localhost:6516 answers 200',
      ' 3  ok      process          Sme.exe runs',
      ' 4  ok      installation     SmePort is 6516',
      ' 5  failed  allowed ports    Local configuration setting',
      '                             incomingconnections.ports (preview): 443',
      '                             -> azcmagent config set incomingconnections.ports 443,6516',
      ' 6  ok      outbound         reached api.example:443, bus.example:443',
      '',
      '1 failed. Mend the first, then check again.',
      '',
    ]);
  });

  it('says when nothing is amiss', async () => {
    expect(writeChecks(await checkHost())).toMatch(/\n\nNothing is amiss\.\n$/);
  });
});
