import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandTable } from '#cli/command-table.ts';
import { UsageError } from '#cli/failure.ts';
import { parseCommandLine } from '#cli/parse-command-line.ts';
import { settingsSchema } from '#functions/settings.ts';
import { arcAgentVersions } from '#shared/domain/agent-versions.ts';
import { errorTable } from '#shared/domain/error.ts';
import type { MachineKind } from '#shared/domain/machine.ts';
import { networkRules } from '#shared/domain/network-rules.ts';
import { operationSteps } from '#shared/domain/operation.ts';
import { preconditionRules } from '#shared/domain/precondition-rules.ts';

const at = (path: string) => new URL(`../../../${path}`, import.meta.url);
const guide = readFileSync(at('docs/install.md'), 'utf8');

/** Rows of the tables below a heading, each as its cells; without the headings of the tables. */
function rowsBelow(heading: string): string[][] {
  const [, section = ''] = guide.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return own
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| -+ \|/.test(line))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((one) => one.trim()))
    .slice(1);
}
const codeIn = (text = ''): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

const kinds: Readonly<Record<string, readonly MachineKind[]>> = {
  all: ['arc', 'azure-vm', 'hci-cluster'],
  'Arc machine': ['arc'],
  'Azure virtual machine': ['azure-vm'],
};

describe('the guide to installing', () => {
  it('has every rule that is checked before, of its kind, for its machines, and whether it is judged again', () => {
    const told = rowsBelow('What is checked before').map(([rule = '', severity, machines = '']) => ({
      code: codeIn(rule)[0],
      severity,
      kinds: kinds[machines],
      mayChange: rule.endsWith('↻'),
    }));
    const rules = [...preconditionRules, ...networkRules].map((rule) => ({
      code: rule.code,
      severity: rule.severity,
      kinds: rule.kinds,
      mayChange: rule.mayChange === true,
    }));
    expect(told).toEqual(rules);
  });

  it('says the versions of the Arc agent that the rules know', () => {
    const text = rowsBelow('What is checked before').flat().join(' ');
    for (const { series } of arcAgentVersions.blocked) expect(text).toContain(series);
    expect(text).toContain(`${arcAgentVersions.recommended.version} or newer`);
  });

  it('names the three steps as operations do', () => {
    const steps = rowsBelow('Three steps').map(([step = '']) => step.replace(/^\d /, ''));
    expect(steps).toEqual(operationSteps.install);
  });

  it('knows of no failure, setting or file that there is not', () => {
    const failures = rowsBelow('When an install fails').flatMap(([code]) => codeIn(code));
    expect(failures.length).toBeGreaterThan(8);
    expect(failures.filter((code) => !(code in errorTable))).toEqual([]);
    const settings = codeIn(guide).filter((code) => code.startsWith('ADMIN_CENTER_'));
    expect(settings.filter((name) => !(name in settingsSchema.shape))).toEqual([]);
    const links = [...guide.matchAll(/\]\(([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(4);
    expect(links.filter((path) => !existsSync(new URL(path, at('docs/install.md'))))).toEqual([]);
  });

  it('has only command lines that wacctl understands', () => {
    const blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, text = '']) =>
      text.trim().split('\n'),
    );
    const inText = codeIn(guide).filter((one) => one.startsWith('wacctl ') && one.includes(' --'));
    const lines = [...blocks, ...inText].map((line) => line.replace(/^wacctl /, '').split(' '));
    expect(lines.length).toBeGreaterThan(8);
    const words = lines.map((line) => parseCommandLine(commandTable, line).command?.words);
    expect(words).not.toContain(undefined);
    const named = codeIn(guide).filter((one) => /^wacctl [a-z ]+$/.test(one));
    const known = new Set(commandTable.map((command) => `wacctl ${command.words}`));
    expect(named.filter((one) => !known.has(one))).toEqual([]);
    expect(() => parseCommandLine(commandTable, ['instal'])).toThrow(UsageError);
  });

  it('says what a failed install takes back and leaves in the words in which the install says it', () => {
    const source = readFileSync(at('orchestrations/take-back/activities.ts'), 'utf8');
    const said = [...source.matchAll(/\b(?:undone|left)\('([^']+)'/g)].map(([, what = '']) => what);
    expect(new Set(said).size).toBeGreaterThan(6);
    const section = rowsBelow('When an install fails').flat().join(' ').toLowerCase();
    // Each by its first two words that say something: "the queue", "the DNS records".
    const lost = said.filter(
      (what) => !section.includes(what.toLowerCase().split(' ').slice(0, 2).join(' ')),
    );
    expect(lost).toEqual([]);
  });
});
