import { describe, expect, it } from 'vitest';
import { arcAgentVersions } from '#shared/domain/agent-versions.ts';
import { failuresOf } from '#shared/domain/precondition.ts';
import { check, policy, resultOf, unmet } from '../../support/precondition-cases.ts';

describe('the Arc agent', () => {
  const refused = ['arc_agent_version'];
  const warned = ['arc_agent_recommended'];
  it.each([
    ['1.13.21320.014', warned],
    ['1.13.21320.14', warned],
    ['1.13.21320.013', refused],
    ['1.9.99999', refused],
    ['1.34.99999.1', warned],
    ['1.35', refused],
    ['1.35.02522.1234', refused],
    ['1.36.0', refused],
    ['1.36.99999', refused],
    ['1.350.1', []],
    ['1.37', []],
    ['1.37.02620.1', []],
    ['2.0', []],
    ['', refused],
    ['latest', refused],
    [undefined, refused],
  ])('requirement 20 and C8: version %j', (agentVersion, expected) => {
    expect(unmet({ agentVersion })).toEqual(expected);
  });

  it('C8: below the recommended version is a warning and no failure', () => {
    const results = check('arc', { agentVersion: '1.30.1' });
    expect(failuresOf(results)).toEqual([]);
    expect(results.find(({ met }) => !met)).toMatchObject({
      severity: 'warning',
      found: '1.30.1',
      needed: '1.37 or newer',
    });
  });

  it('C8: that is blocked is told why and what mends it', () => {
    expect(resultOf('arc_agent_version', 'arc', { agentVersion: '1.36.1' })).toMatchObject({
      needed: '1.13.21320.014 or newer, not 1.35 or 1.36',
      remedy:
        'Update the Azure Connected Machine agent to 1.37 or newer: it answers a connect with "404 endpoint not found".',
    });
  });

  it.each([
    ['1.50', '1.49.9', refused],
    ['1.50', '1.50', []],
    ['1.50', '1.50.00000.1', []],
    ['1.30', '1.29', refused],
    ['1.30', '1.30', warned],
    ['1.0', '1.35.1', refused],
    ['1.0', '1.0', warned],
  ])(
    'requirement 20: the least version is configuration: with %s version %s',
    (arcAgentMinimum, agentVersion, expected) => {
      expect(unmet({ agentVersion }, 'arc', { policy: { ...policy, arcAgentMinimum } })).toEqual(expected);
    },
  );

  it('C8: versions of the matrix name their source', () => {
    const { minimum, recommended, blocked } = arcAgentVersions;
    for (const { source, why } of [minimum, recommended, ...blocked]) {
      expect(source).not.toBe('');
      expect(why).not.toBe('');
    }
  });
});
