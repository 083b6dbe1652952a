import { describe, expect, it } from 'vitest';
import type { MachineFacts, MachineKind } from '#shared/domain/machine.ts';
import { checkPreconditions, compareVersions } from '#shared/domain/precondition.ts';

const gibibyte = 1024 ** 3;
const good: MachineFacts = {
  location: 'westeurope',
  cloud: 'AzureCloud',
  osType: 'windows',
  osName: 'Windows Server 2022 Datacenter',
  osVersion: '10.0.20348',
  memoryBytes: 8 * gibibyte,
  agentVersion: '1.48.02881.1941',
  status: 'Connected',
};

const unmet = (changes: Partial<MachineFacts>, kind: MachineKind = 'arc') =>
  checkPreconditions(kind, { ...good, ...changes })
    .filter(({ met }) => !met)
    .map(({ code }) => code);

describe('the requirements', () => {
  it('are met by a good machine, each with what was found and what is needed', () => {
    const results = checkPreconditions('arc', good);
    expect(results.map(({ code, met, found }) => [code, met, found])).toEqual([
      ['public_cloud', true, 'AzureCloud'],
      ['operating_system', true, 'Windows Server 2022 Datacenter'],
      ['memory', true, '8 GiB'],
      ['arc_agent_version', true, '1.48.02881.1941'],
      ['machine_connected', true, 'Connected'],
    ]);
    for (const { rule, needed, remedy } of results) {
      expect(rule).toMatch(/^The .+[^.]$/);
      expect(needed).not.toBe('');
      expect(remedy).toMatch(/\.$/);
    }
  });

  it('requirements 21 and 24: that fail are all told together', () => {
    const worst: Partial<MachineFacts> = {
      cloud: 'AzureChinaCloud',
      osName: 'Windows Server 2012 R2 Standard',
      memoryBytes: 2 * gibibyte,
      agentVersion: '1.0.0',
      status: 'Disconnected',
    };
    expect(unmet(worst)).toEqual([
      'public_cloud',
      'operating_system',
      'memory',
      'arc_agent_version',
      'machine_connected',
    ]);
  });

  it.each<[MachineKind, string[]]>([
    ['azure-vm', ['public_cloud', 'operating_system', 'memory']],
    ['hci-cluster', ['public_cloud']],
  ])('of a %s leave out what it does not report', (kind, codes) => {
    expect(checkPreconditions(kind, good).map(({ code }) => code)).toEqual(codes);
    expect(unmet({ agentVersion: undefined, status: '' }, kind)).toEqual([]);
  });
});

describe('memory', () => {
  it.each([
    ['requirement 18: exactly 3 GiB passes', 3_221_225_472, []],
    ['requirement 18: one byte less is refused', 3_221_225_471, ['memory']],
    ['that is not reported is no reason to refuse', undefined, []],
  ])('%s', (_, memoryBytes, expected) => {
    expect(unmet({ memoryBytes })).toEqual(expected);
  });
});

describe('the cloud', () => {
  it.each(['AzureChinaCloud', 'AzureUSGovernment', 'AzureGermanCloud', ''])(
    'requirement 19: %j is refused',
    (cloud) => {
      expect(unmet({ cloud })).toEqual(['public_cloud']);
    },
  );

  it.each(['westeurope', 'chinaeast2', 'anywhere'])(
    'requirement 19: any region is accepted: %s',
    (location) => {
      expect(unmet({ location })).toEqual([]);
    },
  );
});

describe('the operating system', () => {
  it.each([
    ['requirement 17: Windows Server 2016 Datacenter', 'windows', true],
    ['requirement 16: Windows Server 2019 Standard', 'windows', true],
    ['requirement 17: Windows Server 2025 Datacenter Azure Edition', 'windows', true],
    ['requirement 16: windows server 2022 datacenter', 'windows', true],
    ['requirement 17: Windows Server 2012 R2 Standard', 'windows', false],
    ['requirement 17: Windows Server 2008 R2 Enterprise', 'windows', false],
    ['Windows 11 Enterprise', 'windows', false],
    ['Ubuntu 24.04', 'linux', true],
    ['Solaris', 'unknown', false],
  ] as const)('%s', (title, osType, accepted) => {
    const osName = title.replace(/^requirement \d+: /, '');
    expect(unmet({ osType, osName })).toEqual(accepted ? [] : ['operating_system']);
  });

  it('that has no name is said to be unknown', () => {
    const results = checkPreconditions('arc', { ...good, osName: '' });
    expect(results.find(({ code }) => code === 'operating_system')).toMatchObject({
      met: false,
      found: 'unknown',
    });
  });
});

describe('the Arc agent', () => {
  it.each([
    ['1.13.21320.014', true],
    ['1.13.21320.14', true],
    ['1.13.21320.013', false],
    ['1.9.99999', false],
    ['1.34.99999.1', true],
    ['1.35', false],
    ['1.35.02522.1234', false],
    ['1.36.0', false],
    ['1.350.1', true],
    ['1.37', true],
    ['2.0', true],
    ['', false],
    ['latest', false],
    [undefined, false],
  ])('requirement 20: version %j', (agentVersion, accepted) => {
    expect(unmet({ agentVersion })).toEqual(accepted ? [] : ['arc_agent_version']);
  });

  it.each(['Disconnected', 'Expired', ''])('has to be connected: %j is not', (status) => {
    expect(unmet({ status })).toEqual(['machine_connected']);
  });

  it.each([
    ['1.2', '1.2.0.0', 0],
    ['1.10', '1.9', 1],
    ['1.2.3', '1.2.4', -1],
    ['2', '1.99', 1],
  ])('has versions that compare by number: %s and %s', (left, right, expected) => {
    expect(compareVersions(left, right)).toBe(expected);
    expect(compareVersions(right, left)).toBe(expected === 0 ? 0 : -expected);
  });
});
