import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addPortCommand, arcLines, parseArcConfiguration } from '#agent/arc-configuration.ts';
import type { ToolOutput } from '#agent/run-tool.ts';
import { createUnixHostChecks } from '#agent/unix-host-checks.ts';
import { parsePortValue, parseServiceState, parseTaskList } from '#agent/windows-host-checks.ts';
import { type CapturedHost, createCapturedHost } from '../../support/captured-host.ts';
import { readCapture, replayTools } from '../../support/captured-tools.ts';

describe('requirement 11: the service ServerManagementGateway', () => {
  it.each([
    ['sc-running', 'running'],
    ['sc-running-es', 'running'],
    ['sc-stopped', 'stopped'],
    ['sc-stopped-es', 'stopped'],
    ['sc-paused', 'stopped'],
    ['sc-starting', 'starting'],
    ['sc-absent', 'absent'],
    ['sc-absent-de', 'absent'],
  ])('%s: is %s', async (service, expected) => {
    expect(await createCapturedHost({ service }).serviceState()).toEqual({ known: expected });
  });

  it.each([
    ['sc-denied', 'sc.exe ended with code 5'],
    ['sc-denied-fr', 'sc.exe ended with code 5'],
    ['garbage', 'sc.exe printed something else than expected'],
    ['missing', 'sc.exe is not on this machine'],
    ['denied', 'sc.exe may not be run by this account'],
    ['unfinished', 'sc.exe took too long or printed too much'],
  ])('%s: cannot be told', async (service, expected) => {
    expect(await createCapturedHost({ service }).serviceState()).toEqual({ unknown: expected });
  });

  it('C12: the misspelt name is another service', async () => {
    const host = createCapturedHost({ service: 'sc-misspelt' });
    expect(await host.serviceState()).toHaveProperty('unknown');
  });
});

describe('requirement 12: the process Sme.exe', () => {
  it.each([
    ['tasklist-running', { known: true }],
    ['tasklist-running-de', { known: true }],
    ['tasklist-none', { known: false }],
    ['tasklist-none-de', { known: false }],
    ['tasklist-other', { unknown: 'tasklist.exe printed something else than expected' }],
    ['tasklist-denied', { unknown: 'tasklist.exe ended with code 1' }],
    ['missing', { unknown: 'tasklist.exe is not on this machine' }],
  ])('%s', async (process, expected) => {
    expect(await createCapturedHost({ process }).isProcessRunning()).toEqual(expected);
  });
});

describe('requirement 119: the install port in the registry', () => {
  it.each<[string, CapturedHost, object]>([
    ['a number', {}, { known: 6516 }],
    ['a text', { port: 'reg-port-text' }, { known: 443 }],
    ['no key', { port: 'reg-failed', parentKey: 'reg-parent-without' }, { known: undefined }],
    ['a key without the value', { port: 'reg-failed' }, { known: undefined }],
    [
      'a key that may not be read',
      { port: 'reg-failed', key: 'reg-failed' },
      { unknown: 'reg.exe ended with code 1' },
    ],
    [
      'a registry that may not be read',
      { port: 'reg-failed', parentKey: 'reg-failed' },
      { unknown: 'reg.exe ended with code 1' },
    ],
    ['no port', { port: 'reg-port-too-high' }, { unknown: 'reg.exe printed something else than expected' }],
    ['garbage', { port: 'garbage' }, { unknown: 'reg.exe printed something else than expected' }],
    ['no reg.exe', { port: 'missing' }, { unknown: 'reg.exe is not on this machine' }],
  ])('%s', async (_, changes, expected) => {
    expect(await createCapturedHost(changes).registeredPort()).toEqual(expected);
  });
});

describe('requirement 113: the Arc agent’s own configuration', () => {
  it.each([
    ['azcmagent-443', { known: { enabled: true, ports: [443] } }],
    ['azcmagent-full', { known: { enabled: true, ports: [22, 6516] } }],
    ['azcmagent-brackets', { known: { enabled: true, ports: [22, 443] } }],
    ['azcmagent-empty', { known: { enabled: true, ports: [] } }],
    ['azcmagent-disabled', { known: { enabled: false, ports: [6516] } }],
    ['missing', { known: undefined }],
    ['azcmagent-garbled', { unknown: 'azcmagent printed something else than expected' }],
    ['garbage', { unknown: 'azcmagent printed something else than expected' }],
    ['azcmagent-denied', { unknown: 'azcmagent ended with code 1' }],
  ])('C5: %s, as `azcmagent config list` prints it', async (arc, expected) => {
    expect(await createCapturedHost({ arc }).arcConfiguration()).toEqual(expected);
  });

  it('is read on Linux too, where the rest is absent', async () => {
    const commandLine = '/opt/azcmagent/bin/azcmagent config list';
    const host = createUnixHostChecks(replayTools({ [commandLine]: 'azcmagent-443' }));
    expect(await host.arcConfiguration()).toEqual({ known: { enabled: true, ports: [443] } });
    expect(await host.serviceState()).toEqual({ known: 'absent' });
  });

  it('has exactly the two documented lines for port 443', () => {
    expect(arcLines([443])).toBe('Local configuration setting\nincomingconnections.ports (preview): 443');
  });

  it('requirement 42: is read back from the lines that it is written in, and loses no port to another', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(fc.uniqueArray(port), port, (ports, added) => {
        expect(parseArcConfiguration(arcLines(ports))?.ports).toEqual(ports);
        const list = addPortCommand(ports, added).split(' ').at(-1)?.split(',').map(Number);
        expect(list).toEqual([...new Set([...ports, added])]);
      }),
    );
  });
});

describe('whatever a tool prints', () => {
  const pieces = fc.constantFrom(
    'SERVICE_NAME: ServerManagementGateway',
    ' STATE : 4 ',
    '"Sme.exe","',
    'SmePort',
  );
  const text = fc.array(fc.oneof(fc.string(), pieces, fc.constant('\r\n'))).map((parts) => parts.join(''));

  it('is read or is not, and never throws', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1100 }), text, (exitCode, stdout) => {
        const output: ToolOutput = { exitCode, stdout };
        for (const parse of [parseServiceState, parseTaskList, parsePortValue])
          expect(Object.keys(parse(output))).toHaveLength(1);
        expect(parseArcConfiguration(stdout)?.enabled).not.toBe('');
      }),
    );
  });

  it('is nothing that is known when the tool failed', () => {
    const failed = readCapture('tasklist-denied');
    for (const parse of [parseServiceState, parseTaskList, parsePortValue])
      expect(parse(failed)).toHaveProperty('unknown');
  });
});
