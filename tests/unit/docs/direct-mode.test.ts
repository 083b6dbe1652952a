import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorTable } from '#shared/domain/error.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { networkRules } from '#shared/domain/network-rules.ts';
import { planPort } from '#shared/domain/port-rule.ts';
import { installRequest } from '#shared/protocol/install-api.ts';
import { goodFacts, policy } from '../../support/precondition-cases.ts';
import { defaultRules, group, rule } from '../../support/security-rules.ts';

const guide = readFileSync(new URL('../../../docs/direct-mode.md', import.meta.url), 'utf8');
const blocksOf = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
const commands = blocksOf('sh').map((text) => text.replace(/\s*\\\n\s*/g, ' ').trim());
const bodies = blocksOf('json').map((text) => installRequest.parse(JSON.parse(text)));

describe('the guide to direct mode', () => {
  it('has bodies that an install accepts', () => {
    expect(bodies.map(({ direct }) => direct?.openToAnyone)).toEqual([false, false, true]);
  });

  it('requirement 132: has a command for the very rule that an install makes', () => {
    const { port = 0, direct } = bodies[0] ?? {};
    const wanted = {
      machineId: machineIdOf('one'),
      listenOn: '10.0.0.4',
      port,
      sources: direct?.sources ?? [],
    };
    const made = planPort(defaultRules, wanted).rule;
    const quoted = (values: readonly string[]) => values.map((one) => (one === '*' ? "'*'" : one)).join(' ');
    expect(commands[0]).toBe(
      [
        `az network nsg rule create --resource-group rg --nsg-name nsg --name ${made.name}`,
        `--direction ${made.direction} --priority ${made.priority} --access ${made.access} --protocol ${made.protocol}`,
        `--source-address-prefixes ${quoted(made.sources)} --source-port-ranges ${quoted(made.sourcePorts)}`,
        `--destination-address-prefixes ${quoted(made.destinations)} --destination-port-ranges ${quoted(made.destinationPorts)}`,
      ].join(' '),
    );
  });

  it('requirement 35: has the command for the outbound rule that the preconditions name', () => {
    const shut = rule({ access: 'Deny', direction: 'Outbound', priority: 4000 });
    const address = {
      address: '10.0.0.4',
      isPublic: false,
      listenOn: '10.0.0.4',
      groups: [group('interface', [shut])],
    };
    const judged = networkRules[0]?.judge(
      {
        facts: goodFacts['azure-vm'],
        policy: { ...policy, serviceAddresses: ['20.66.2.0'] },
        zone: { name: 'wac.test', faults: [] },
        network: { addresses: [address] },
      },
      'azure-vm',
    );
    const told = judged?.remedy.replace(/^.*(?=az network)/, '').replace(/\.$/, '');
    const anonymous = told
      ?.replace(/--subscription \S+ /, '')
      .replace('rg-local', 'rg')
      .replace('nsg-interface', 'nsg');
    expect(commands[1]).toBe(anonymous);
  });

  it('names no error that there is not', () => {
    const named = [...guide.matchAll(/`(port_rule_\w+)`/g)].map(([, code = '']) => code);
    const known = Object.keys(errorTable).filter((code) => code.startsWith('port_rule_'));
    expect([...new Set(named)].toSorted()).toEqual(known.toSorted());
  });
});
