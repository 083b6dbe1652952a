import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPresent, type MachineRecords, machineStates, stateOf } from '#shared/domain/machine-state.ts';
import { operationKinds } from '#shared/domain/operation.ts';

const now = Date.parse('2026-11-01T12:00:00.000Z');
const at = (ms: number) => new Date(now + ms).toISOString();
const day = 24 * 60 * 60_000;

const leaf = { notBefore: at(-30 * day), notAfter: at(60 * day), servedAt: at(-29 * day) };
const ended = { notBefore: at(-90 * day), notAfter: at(-1), servedAt: at(-89 * day) };
const unserved = { notBefore: at(-1), notAfter: at(90 * day) };
const heard = { connected: true, lastSeenAt: at(-60_000) };

interface Changes {
  machine?: MachineRecords['machine'];
  certificate?: MachineRecords['certificate'];
  agent?: MachineRecords['agent'];
}

/** One that is ready, and what differs. */
const records = ({ machine, ...related }: Changes = {}): MachineRecords => ({
  machine: { extension: { state: 'installed', port: 6516 }, ...machine },
  certificate: { state: 'served', leaf },
  agent: heard,
  ...related,
});
const bare = (machine: MachineRecords['machine'] = {}): MachineRecords => ({ machine });

const manualInstallation = { foundAt: at(-day), found: 'version 1809 in C:\\Program Files' };
const replaceConsent = { at: at(-1), by: { id: 'u', name: 'n' } };
const adoption = { tries: 1, triedAt: at(-day), retryAt: at(day) };
const before = { extension: { port: 6516 } };
const byKind = {
  install: 'installing',
  uninstall: 'removing',
  repair: 'repairing',
  renew: 'renewing',
  revoke: 'replacing',
} as const;

describe('the state of a machine', () => {
  it.each([
    ['ready', 'installed, heard of and served', records()],
    [
      'ready',
      'served by a certificate without an end on record',
      records({ certificate: { state: 'served' } }),
    ],
    ['ready', 'without a certificate on record', records({ certificate: undefined })],
    [
      'ready',
      'whose certificate is being renewed before its end',
      records({ certificate: { state: 'ordered', leaf } }),
    ],
    [
      'ready',
      'whose new leaf is not served while the old one lasts',
      records({ certificate: { state: 'issued', leaf: unserved, previous: leaf } }),
    ],
    [
      'expired',
      'whose new leaf is not served and the old one has ended',
      records({ certificate: { state: 'issued', leaf: unserved, previous: ended } }),
    ],
    ['expired', 'whose leaf ended a moment ago', records({ certificate: { state: 'served', leaf: ended } })],
    ['expired', 'on record as such', records({ certificate: { state: 'expired', leaf } })],
    ['revoked', 'revoked and not replaced', records({ certificate: { state: 'revoked', leaf } })],
    ['expired', 'revoked and ended', records({ certificate: { state: 'revoked', leaf: ended } })],
    ['away', 'never heard of', records({ agent: undefined })],
    ['away', 'enrolled and never heard of', records({ agent: {} })],
    [
      'away',
      'silent for three heartbeats',
      records({ agent: { connected: true, lastSeenAt: at(-180_000) } }),
    ],
    [
      'ready',
      'silent for less than three heartbeats',
      records({ agent: { connected: true, lastSeenAt: at(-179_999) } }),
    ],
    ['away', 'heard of and not connected', records({ agent: { connected: false, lastSeenAt: at(-1) } })],
    ['uninstalled', 'bare', bare()],
    ['installing', 'left in the middle', bare({ extension: { state: 'installing', port: 6516 } })],
    ['failed', 'failed', bare({ extension: { state: 'failed', port: 6516 } })],
    [
      'failed',
      'failed although an agent is heard of',
      records({ machine: { extension: { state: 'failed', port: 6516 } } }),
    ],
    [
      'uninstalled',
      'with an extension that others took away',
      records({ machine: { extension: { state: 'installed', port: 6516, removedSince: at(-day) } } }),
    ],
    ['found', 'where others installed the extension', bare({ before })],
    ['found', 'whose adoption is tried again later', bare({ adoption })],
    ['found', 'whose agent came by itself', { machine: {}, agent: heard }],
    ['failed', 'whose adoption failed', bare({ adoption, extension: { state: 'failed', port: 6516 } })],
    ['consent', 'with a manual Windows Admin Center', bare({ manualInstallation })],
    [
      'consent',
      'whose install failed at a manual one',
      bare({ manualInstallation, extension: { state: 'failed', port: 6516 } }),
    ],
    ['consent', 'that others installed beside a manual one', bare({ manualInstallation, before })],
    [
      'found',
      'where consent to replace a manual one was given',
      bare({ manualInstallation, replaceConsent, before }),
    ],
    [
      'ready',
      'installed over a manual one',
      records({ machine: { manualInstallation, extension: { state: 'installed', port: 6516 } } }),
    ],
    ['gone', 'deleted in Azure', records({ machine: { goneSince: at(-day) } })],
    ['gone', 'known by another id', records({ machine: { movedTo: 'another' } })],
    ['gone', 'deleted in Azure and bare', bare({ goneSince: at(-day), manualInstallation })],
    [
      'removing',
      'deleted in Azure and being cleaned up',
      bare({ goneSince: at(-day), currentOperation: { id: 'o', kind: 'uninstall' } }),
    ],
  ] satisfies [string, string, MachineRecords][])('is %s of one %s', (state, _, given) => {
    expect(stateOf(given, now)).toBe(state);
  });

  it.each(operationKinds)('is what runs, whatever else there is: %s', (kind) => {
    const currentOperation = { id: 'o', kind };
    const all = { goneSince: at(-1), manualInstallation, before, currentOperation };
    for (const given of [
      bare(all),
      records({ machine: all, certificate: { state: 'revoked', leaf: ended } }),
    ])
      expect(stateOf(given, now)).toBe(byKind[kind]);
  });

  it('is one of the listed words of any records', () => {
    const maybe = <T>(value: T) => fc.option(fc.constant(value), { nil: undefined });
    const extension = fc.constantFrom(
      undefined,
      ...(['installing', 'installed', 'failed'] as const).map((state) => ({ state, port: 1 })),
    );
    const certificate = fc.constantFrom(
      undefined,
      { state: 'waiting' as const },
      { state: 'served' as const, leaf },
      { state: 'revoked' as const, leaf: ended },
    );
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        fc.record({
          extension,
          before: maybe(before),
          goneSince: maybe(at(0)),
          manualInstallation: maybe(manualInstallation),
        }),
        certificate,
        maybe(heard),
        (machine, record, agent) => {
          const given = Object.fromEntries(
            Object.entries(machine).filter(([, value]) => value !== undefined),
          );
          const state = stateOf({ machine: given, certificate: record, agent }, now);
          seen.add(state);
          expect(machineStates).toContain(state);
          expect(state !== 'ready' || isPresent(agent, now)).toBe(true);
        },
      ),
    );
    expect(seen.size).toBeGreaterThan(3);
  });
});
