import { describe, expect, it } from 'vitest';
import { nothingToControl } from '#agent/host-control.ts';
import { createWindowsHostControl } from '#agent/windows-host-control.ts';
import { readCapture } from '../../support/captured-tools.ts';

const key = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\ServerManagementGateway`;
const queryPort = String.raw`C:\Windows\System32\reg.exe query ${key} /v SmePort /reg:64`;
const addPort = (type: string) =>
  String.raw`C:\Windows\System32\reg.exe add ${key} /v SmePort /t ${type} /d 8443 /f /reg:64`;
const service = (command: string) =>
  String.raw`C:\Windows\System32\sc.exe ${command} ServerManagementGateway`;

/** Runs `takeOver(8443)` on a machine that prints these, in their order; answers what was run, and how it ended. */
async function takeOver(script: readonly (readonly [commandLine: string, capture: string])[]) {
  const ran: string[] = [];
  const control = createWindowsHostControl({
    environment: {},
    wait: async () => undefined,
    async run(file, args) {
      const commandLine = [file, ...args].join(' ');
      const [expected, capture] = script[ran.length] ?? ['nothing more', 'missing'];
      if (commandLine !== expected) throw new Error(`ran ${commandLine}, not ${expected}`);
      ran.push(commandLine);
      return readCapture(capture);
    },
  });
  return { outcome: await control.takeOver(8443), isWhole: ran.length === script.length };
}

const query = (capture: string) => [service('query'), capture] as const;
const present = [
  [queryPort, 'reg-port'],
  [addPort('REG_DWORD'), 'reg-added'],
] as const;
const done = { done: 'SmePort is 8443 and ServerManagementGateway was restarted' };

describe('requirement 54: a Windows Admin Center that is taken over', () => {
  it('gets the port and is restarted, each step when the one before has come to rest', async () => {
    const script = [
      ...present,
      query('sc-running'),
      [service('stop'), 'sc-stopping'],
      query('sc-stopping'),
      query('sc-stopped'),
      query('sc-stopped'),
      [service('start'), 'sc-starting'],
      query('sc-starting'),
      query('sc-running'),
    ] as const;
    expect(await takeOver(script)).toEqual({ outcome: done, isWhole: true });
  });

  it('requirement 119: keeps a port that is a text a text, and sets one where there is none', async () => {
    const rest = [
      query('sc-stopped'),
      query('sc-stopped'),
      [service('start'), 'sc-starting'],
      query('sc-running'),
    ] as const;
    const asText = [[queryPort, 'reg-port-text'], [addPort('REG_SZ'), 'reg-added'], ...rest] as const;
    expect(await takeOver(asText)).toEqual({ outcome: done, isWhole: true });
    const absent = [[queryPort, 'reg-failed'], [addPort('REG_DWORD'), 'reg-added'], ...rest] as const;
    expect(await takeOver(absent)).toEqual({ outcome: done, isWhole: true });
  });

  it.each([
    [
      'may not set the port',
      [present[0], [addPort('REG_DWORD'), 'reg-refused']],
      'SmePort was not set: reg.exe ended with code 1',
    ],
    [
      'may not look at the service',
      [...present, query('sc-denied')],
      'the service could not be looked at: sc.exe ended with code 5',
    ],
    [
      'may not stop it',
      [...present, query('sc-running'), [service('stop'), 'sc-denied']],
      'the service did not stop: sc.exe ended with code 5',
    ],
    [
      'may not start it',
      [...present, query('sc-stopped'), query('sc-stopped'), [service('start'), 'sc-denied']],
      'the service did not start: sc.exe ended with code 5',
    ],
    [
      'has no service',
      [...present, query('sc-absent')],
      'the service could not be looked at: sc.exe ended with code 1060',
    ],
    [
      'waits in vain',
      [...present, ...Array.from({ length: 60 }, () => query('sc-stopping'))],
      'the service did not stop within 30 s',
    ],
  ] as const)('says why it %s', async (_, script, failure) => {
    expect(await takeOver(script)).toEqual({ outcome: { failure }, isWhole: true });
  });

  it('is none on another system', async () => {
    expect(await nothingToControl.takeOver(6516)).toHaveProperty('failure');
  });
});
