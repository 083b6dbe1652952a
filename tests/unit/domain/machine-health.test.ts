import { describe, expect, it } from 'vitest';
import { type HostCheckId, hostCheckIds } from '#shared/domain/host-check.ts';
import { type HealthReason, healthOf, healthReasonCodes } from '#shared/domain/machine-health.ts';
import type { MachineRecords } from '#shared/domain/machine-state.ts';

const now = Date.parse('2026-11-01T12:00:00.000Z');
const at = (ms: number) => new Date(now + ms).toISOString();
const day = 24 * 60 * 60_000;
const context = { now, agentVersion: '1.10.0' };

const leaf = { notBefore: at(-30 * day), notAfter: at(60 * day), servedAt: at(-29 * day) };
/** Five sixths of its lifetime are over. */
const late = { notBefore: at(-50 * day), notAfter: at(10 * day), servedAt: at(-49 * day) };
const heard = { connected: true, lastSeenAt: at(-60_000), agentVersion: '1.10.0' };

const records = (
  agent: MachineRecords['agent'],
  certificate: MachineRecords['certificate'] = { state: 'served', leaf },
): MachineRecords => ({
  machine: { extension: { state: 'installed', port: 6516 } },
  certificate,
  agent,
});
const codes = (given: MachineRecords) => healthOf(given, context).reasons.map(({ code }) => code);

const troubles = {
  agent_not_connected: { connected: false },
  check_failed: {
    checks: [{ id: 'service' as const, ok: false, found: 'it is stopped', next: 'start the service' }],
  },
  host_unreachable: { egress: { unreachable: [{ host: 'bus.test:443', reason: 'no answer within 5 s' }] } },
  clock_wrong: { clockOffsetMs: 300_000 },
  extension_outdated: { agentVersion: '1.9.0' },
};

describe('the health of a machine', () => {
  it('is healthy without a word when all is well', () => {
    expect(healthOf(records(heard), context)).toEqual({ state: 'healthy', reasons: [] });
  });

  it.each(Object.entries(troubles))('is degraded for one reason: %s', (code, agent) => {
    const { state, reasons } = healthOf(records({ ...heard, ...agent }), context);
    expect({ state, codes: reasons.map((reason) => reason.code) }).toEqual({
      state: 'degraded',
      codes: [code],
    });
  });

  it('tells everything that is amiss at once, the most important first', () => {
    const agent = Object.assign({ ...heard }, ...Object.values(troubles)) as MachineRecords['agent'];
    expect(codes(records(agent, { state: 'served', leaf: late }))).toEqual([
      'agent_not_connected',
      'check_failed',
      'host_unreachable',
      'certificate_late',
      'clock_wrong',
      'extension_outdated',
    ]);
  });

  it('has a reason for each check that fails and each host that is not reached', () => {
    const checks = (['service', 'ports'] as const).map((id) => ({ id, ok: false }));
    const unreachable = ['a.test:443', 'b.test:443'].map((host) => ({ host }));
    const { reasons } = healthOf(records({ ...heard, checks, egress: { unreachable } }), context);
    expect(reasons.map(({ sentence }) => sentence)).toEqual([
      'The check of the service fails on the machine.',
      'The check of the ports fails on the machine.',
      'The machine does not reach a.test:443.',
      'The machine does not reach b.test:443.',
    ]);
  });

  it.each(hostCheckIds)(
    'takes a failed check %s for a reason of its own, or leaves it to what tells it better',
    (id) => {
      const elsewhere: HostCheckId[] = ['outbound', 'manual-install'];
      const agent = (ok: boolean | null) => ({ ...heard, checks: [{ id, ok }] });
      expect(codes(records(agent(false)))).toEqual(elsewhere.includes(id) ? [] : ['check_failed']);
      for (const ok of [true, null]) expect(codes(records(agent(ok)))).toEqual([]);
    },
  );

  it.each([
    [-59_999, []],
    [60_000, ['The clock of the machine is 1 minute slow.']],
    [-60_000, ['The clock of the machine is 1 minute fast.']],
    [-7_200_000, ['The clock of the machine is 120 minutes fast.']],
  ])('says of an offset of %i ms: %j', (clockOffsetMs, sentences) => {
    const { reasons } = healthOf(records({ ...heard, clockOffsetMs }), context);
    expect(reasons.map(({ sentence }) => sentence)).toEqual(sentences);
  });

  it.each([
    ['1.9.9', ['extension_outdated']],
    ['1.10.0', []],
    ['1.10.1', []],
    ['a build of somebody', []],
  ])('of an agent of version %s has %j', (agentVersion, expected) => {
    expect(codes(records({ ...heard, agentVersion }))).toEqual(expected);
  });

  it.each([
    ['served and five sixths over', { state: 'served' as const, leaf: late }, ['certificate_late']],
    [
      'served a moment before that',
      { state: 'served' as const, leaf: { ...late, notAfter: at(10 * day + 1000) } },
      [],
    ],
    [
      'issued anew, while the old one is late',
      { state: 'issued' as const, leaf: { ...leaf, servedAt: undefined }, previous: late },
      ['certificate_late'],
    ],
    ['given up', { state: 'withdrawn' as const, leaf: late }, []],
    ['not there', undefined, []],
    ['ordered for the first time', { state: 'ordered' as const }, []],
  ])('with a certificate %s has %j', (_, certificate, expected) => {
    const record = JSON.parse(JSON.stringify(certificate ?? null)) as MachineRecords['certificate'] | null;
    expect(codes({ ...records(heard), certificate: record ?? undefined })).toEqual(expected);
  });

  it('is unreachable after three heartbeats of silence, and says nothing of then as if it were now', () => {
    const agent = { ...heard, ...troubles.check_failed, ...troubles.clock_wrong, lastSeenAt: at(-180_000) };
    const { state, reasons } = healthOf(records(agent), context);
    expect(state).toBe('unreachable');
    expect(reasons).toEqual([
      {
        code: 'agent_silent',
        sentence: 'The agent last reported on 2026-11-01 11:57 UTC; three of its heartbeats are missing.',
        remedy: expect.stringContaining('port 443'),
      },
    ]);
    expect(codes(records(agent, { state: 'served', leaf: late }))).toEqual([
      'agent_silent',
      'certificate_late',
    ]);
    expect(healthOf(records({ ...agent, lastSeenAt: at(-179_999) }), context).state).toBe('degraded');
  });

  it('is unknown of one that was never heard of; what to do depends on whether it is installed', () => {
    for (const agent of [undefined, {}]) {
      const installed = healthOf(records(agent), context);
      const bare = healthOf({ machine: {}, agent }, context);
      expect([installed.state, bare.state]).toEqual(['unknown', 'unknown']);
      expect(installed.reasons[0]?.remedy).toContain('repair');
      expect(bare.reasons[0]?.remedy).toContain('Install');
    }
  });

  it('has for each reason a sentence and what to do', () => {
    const silent = { ...heard, lastSeenAt: at(-day) };
    const found: HealthReason[] = [
      ...Object.values(troubles).flatMap(
        (agent) => healthOf(records({ ...heard, ...agent }), context).reasons,
      ),
      ...healthOf(records(silent, { state: 'served', leaf: late }), context).reasons,
      ...healthOf(records(undefined), context).reasons,
    ];
    expect([...new Set(found.map(({ code }) => code))].toSorted()).toEqual(healthReasonCodes.toSorted());
    for (const { sentence, remedy } of found)
      for (const text of [sentence, remedy]) expect(text).toMatch(/^[A-Z].{15,}[^.]\.$/);
    expect(found).toContainEqual({
      code: 'check_failed',
      sentence: 'The check of the service fails on the machine: it is stopped.',
      remedy: 'Start the service.',
    });
  });
});
