import { describe, expect, it } from 'vitest';
import type { MachineFacts, MachineKind } from '#shared/domain/machine.ts';
import { checkBeforeConnect, describeFailures, failuresOf } from '#shared/domain/precondition.ts';
import {
  check,
  gibibyte,
  goodFacts,
  kinds,
  policy,
  resultOf,
  unmet,
} from '../../support/precondition-cases.ts';

describe('the requirements', () => {
  it('are met by a good machine, each with what was found and what is needed', () => {
    const results = check('arc', {});
    expect(results.map(({ code, met, severity, found }) => [code, met, severity, found])).toEqual([
      ['public_cloud', true, 'failure', 'AzureCloud'],
      ['region', true, 'failure', 'westeurope'],
      ['operating_system', true, 'failure', 'Windows Server 2022 Datacenter'],
      ['memory', true, 'failure', '8 GiB'],
      ['arc_agent_version', true, 'failure', '1.48.02881.1941'],
      ['arc_agent_recommended', true, 'warning', '1.48.02881.1941'],
      ['machine_connected', true, 'failure', 'Connected'],
      ['outbound_reach', true, 'info', 'not reported yet'],
      ['zone_resolvable', true, 'failure', 'every server of the zone answers'],
    ]);
  });

  it.each(kinds)('of a %s say in words what to mend', (kind) => {
    for (const { rule, needed, remedy } of check(kind, {})) {
      expect(rule).toMatch(/^[A-Z].+[^.]$/);
      expect(needed).not.toBe('');
      expect(remedy).toMatch(/\.$/);
    }
  });

  it('requirements 21 and 24: that fail are all told together', () => {
    const results = check(
      'arc',
      {
        location: 'chinaeast2',
        cloud: 'AzureChinaCloud',
        osName: 'Windows Server 2012 R2 Standard',
        memoryBytes: 2 * gibibyte,
        agentVersion: '1.0.0',
        status: 'Disconnected',
      },
      {
        policy: { ...policy, regions: ['westeurope'] },
        zone: {
          name: 'wac.test',
          faults: ['wac.test is not delegated: ENOTFOUND', 'ns1.test has no address'],
        },
      },
    );
    const failures = failuresOf(results);
    expect(failures.map(({ code }) => code)).toEqual([
      'public_cloud',
      'region',
      'operating_system',
      'memory',
      'arc_agent_version',
      'machine_connected',
      'zone_resolvable',
    ]);
    const words = describeFailures(failures);
    for (const found of ['AzureChinaCloud', 'chinaeast2', '2012 R2', '2 GiB', '1.0.0', 'Disconnected'])
      expect(words).toContain(`found ${found.startsWith('2012') ? 'Windows Server 2012 R2' : found}`);
    expect(words).toContain('found wac.test is not delegated: ENOTFOUND; ns1.test has no address, needed');
  });

  it.each<[MachineKind, number]>([
    ['azure-vm', 8],
    ['hci-cluster', 7],
  ])('requirement 20: of a %s ask for no Arc agent', (kind, count) => {
    const asked = check(kind, { agentVersion: undefined }).map(({ code }) => code);
    expect(asked.filter((code) => code.startsWith('arc_agent'))).toEqual([]);
    expect(asked).toHaveLength(count);
  });
});

describe.each(kinds)('memory of a %s', (kind) => {
  it.each([
    ['requirement 18: exactly 3 GiB passes', 3_221_225_472, []],
    ['requirement 18: one byte less is refused', 3_221_225_471, ['memory']],
    ['requirement 18: one byte more passes', 3_221_225_473, []],
    ['requirement 18: none at all is refused', 0, ['memory']],
  ])('%s', (_, memoryBytes, expected) => {
    expect(unmet({ memoryBytes }, kind)).toEqual(expected);
  });

  it('that is not reported is no reason to refuse, and is said to be unknown', () => {
    expect(resultOf('memory', kind, { memoryBytes: undefined })).toMatchObject({
      met: true,
      severity: 'info',
      found: 'not reported',
    });
  });

  it('that lacks a byte does not read like enough', () => {
    expect(resultOf('memory', kind, { memoryBytes: 3_221_225_471 })).toMatchObject({
      found: '3221225471 bytes',
      needed: '3 GiB',
    });
  });
});

describe.each(kinds)('cloud and region of a %s', (kind) => {
  it.each(['AzureChinaCloud', 'AzureUSGovernment', 'AzureGermanCloud', 'azurecloud', ''])(
    'requirement 19: cloud %j is refused',
    (cloud) => {
      expect(unmet({ cloud }, kind)).toEqual(['public_cloud']);
    },
  );

  it.each(['westeurope', 'norwayeast', 'mexicocentral', 'West Europe'])(
    'requirement 19: any region of the public cloud is accepted: %s',
    (location) => {
      expect(unmet({ location }, kind)).toEqual([]);
    },
  );

  it.each([
    ['westeurope', []],
    ['West Europe', []],
    ['WESTEUROPE', []],
    ['westeurope2', ['region']],
    ['norwayeast', ['region']],
    ['', ['region']],
  ])('requirement 19: where regions are listed %j is looked up in the list', (location, expected) => {
    const listed = { policy: { ...policy, regions: ['westeurope', 'northeurope'] } };
    expect(unmet({ location }, kind, listed)).toEqual(expected);
    expect(resultOf('region', kind, { location }, listed)).toMatchObject({
      needed: 'westeurope, northeurope',
    });
  });
});

describe('the operating system', () => {
  it.each([
    ['requirement 16: of a virtual machine: Windows Server 2016 Datacenter', 'azure-vm', 'windows', true],
    ['requirement 16: of a virtual machine: Windows Server 2019 Datacenter', 'azure-vm', 'windows', true],
    ['requirement 16: of a virtual machine: windows server 2022 datacenter', 'azure-vm', 'windows', true],
    ['requirement 16: of a virtual machine: Windows Server 2025 Datacenter', 'azure-vm', 'windows', true],
    ['requirement 16: of a virtual machine: Windows Server 2012 R2 Datacenter', 'azure-vm', 'windows', false],
    ['requirement 16: of a virtual machine: Windows 11 Enterprise', 'azure-vm', 'windows', false],
    ['of a virtual machine: Ubuntu 24.04', 'azure-vm', 'linux', true],
    ['requirement 17: of an Arc machine: Windows Server 2016 Datacenter', 'arc', 'windows', true],
    [
      'requirement 17: of an Arc machine: Windows Server 2025 Datacenter Azure Edition',
      'arc',
      'windows',
      true,
    ],
    ['requirement 17: of an Arc machine: Windows Server 2015 Preview', 'arc', 'windows', false],
    ['requirement 17: of an Arc machine: Windows Server 2012 R2 Standard', 'arc', 'windows', false],
    ['requirement 17: of an Arc machine: Windows Server 2008 R2 Enterprise', 'arc', 'windows', false],
    ['requirement 17: of an Arc machine: Windows 10 Pro', 'arc', 'windows', false],
    ['of an Arc machine: Ubuntu 24.04', 'arc', 'linux', true],
    ['of an Arc machine: Solaris', 'arc', 'unknown', false],
    ['requirement 27: of a cluster: Azure Stack HCI', 'hci-cluster', 'windows', true],
    ['requirement 27: of a cluster: Azure Local', 'hci-cluster', 'windows', true],
    ['requirement 27: of a cluster: Windows Server 2022 Datacenter', 'hci-cluster', 'windows', false],
    ['requirement 27: of a cluster: Ubuntu 24.04', 'hci-cluster', 'linux', false],
  ] as const)('%s', (title, kind, osType, accepted) => {
    const osName = title.replace(/^.*: /, '');
    expect(unmet({ osType, osName }, kind)).toEqual(accepted ? [] : ['operating_system']);
  });

  it('requirement 17: that is refused is told with what was found and what is needed', () => {
    expect(resultOf('operating_system', 'arc', { osName: 'Windows Server 2012 R2 Standard' })).toEqual({
      code: 'operating_system',
      rule: 'The operating system is supported',
      met: false,
      severity: 'failure',
      found: 'Windows Server 2012 R2 Standard',
      needed: 'Windows Server 2016 or newer, or Linux',
      remedy: 'Upgrade the operating system of the machine.',
    });
  });

  it.each(kinds)('of a %s that was never reported is asked for, not judged as old', (kind) => {
    const result = resultOf('operating_system', kind, { osName: '' });
    expect(result).toMatchObject({ met: false, found: 'not reported' });
    expect(result?.remedy).toMatch(/^Start the machine/);
  });
});

describe('the connection', () => {
  it.each<[MachineKind, string, boolean]>([
    ['arc', 'Connected', true],
    ['arc', 'Disconnected', false],
    ['arc', 'Expired', false],
    ['arc', '', false],
    ['azure-vm', 'running', true],
    ['azure-vm', 'deallocated', false],
    ['azure-vm', 'stopped', false],
    ['azure-vm', 'unknown', true],
    ['hci-cluster', 'ConnectedRecently', true],
    ['hci-cluster', 'NotConnectedRecently', false],
    ['hci-cluster', 'Disconnected', false],
    ['hci-cluster', 'Unknown', true],
  ])('of a %s that is %j', (kind, status, accepted) => {
    expect(unmet({ status }, kind)).toEqual(accepted ? [] : ['machine_connected']);
  });

  it('that the platform knows nothing of is said to be unknown', () => {
    expect(resultOf('machine_connected', 'azure-vm', { status: 'unknown' })).toMatchObject({
      met: true,
      severity: 'info',
      found: 'not reported',
    });
  });
});

describe.each(kinds)('outbound connections of a %s', (kind) => {
  const relay = { host: 'relay.test', reason: 'timed out' };
  it.each([
    ['requirement 22: all reached', [], [true, 'warning', 'every host is reached']],
    ['requirement 22: not all reached is a warning', [relay], [false, 'warning', 'relay.test: timed out']],
    ['not reported', undefined, [true, 'info', 'not reported yet']],
  ])('%s', (_, unreachable, [met, severity, found]) => {
    expect(resultOf('outbound_reach', kind, {}, { unreachable })).toMatchObject({ met, severity, found });
  });
});

describe('before a connect', () => {
  const before = (kind: MachineKind, changes: Partial<MachineFacts>, regions?: string[]) =>
    failuresOf(
      checkBeforeConnect(kind, { facts: { ...goodFacts[kind], ...changes }, policy: { ...policy, regions } }),
    ).map(({ code }) => code);

  it('C8: cloud, region and agent version are judged again', () => {
    expect(before('arc', { cloud: 'AzureUSGovernment', agentVersion: '1.35.1' }, ['northeurope'])).toEqual([
      'public_cloud',
      'region',
      'arc_agent_version',
    ]);
  });

  it.each(kinds)('what an install alone needs of a %s is not', (kind) => {
    expect(before(kind, { memoryBytes: 1, osName: '', status: 'Disconnected' })).toEqual([]);
  });
});
