import { parseSync, Visitor } from 'oxc-parser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activityNames } from '#functions/durable.ts';
import { orchestratorNames } from '#orchestrations/names.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { readSource, sourceFiles } from '../support/source-imports.ts';

const flows = sourceFiles().filter((file) => file.startsWith('orchestrations/'));
const orchestrators = flows.filter((file) => file.endsWith('/orchestrator.ts'));

interface Calls {
  activities: string[];
  orchestrators: string[];
}

/** What a flow calls: `yield* x.name(...)` on a record of activities, and sub-orchestrations by their names. */
function callsOf(file: string): Calls {
  const calls: Calls = { activities: [], orchestrators: [] };
  const records = new Set<string>();
  const { program } = parseSync(file, readSource(file));
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type !== 'Identifier' || init?.type !== 'CallExpression') return;
      const { callee } = init;
      const isRecord =
        callee.type === 'MemberExpression' &&
        callee.property.type === 'Identifier' &&
        callee.property.name === 'activities';
      if (isRecord) records.add(id.name);
    },
  }).visit(program);
  new Visitor({
    CallExpression({ callee, arguments: [first] }) {
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
      if (callee.object.type === 'Identifier' && records.has(callee.object.name)) {
        calls.activities.push(callee.property.name);
      }
      if (/^(?:subOrchestration|forEach)$/.test(callee.property.name) && first?.type === 'MemberExpression') {
        calls.orchestrators.push(first.property.type === 'Identifier' ? first.property.name : '');
      }
    },
  }).visit(program);
  return calls;
}

const called = orchestrators.map(callsOf);
const distinct = (names: readonly string[]) => [...new Set(names)].toSorted();

describe('names in stored histories', () => {
  it('are pinned: renaming one breaks what runs', () => {
    expect(Object.values(orchestratorNames)).toEqual([
      'installExtension',
      'uninstallExtension',
      'repairExtension',
      'issueCertificate',
      'renewCertificate',
      'renewDue',
      'revokeCertificate',
      'replaceFleet',
      'installFleet',
      'installFleetMachine',
      'openSession',
      'runInTurn',
      'followLease',
    ]);
  });

  it('of activities are all called, all registered and each there once', () => {
    const names = distinct(called.flatMap(({ activities }) => activities));
    expect(names.length).toBeGreaterThan(25);
    expect(activityNames().toSorted()).toEqual(names);
  });

  it('of sub-orchestrations are orchestrators', () => {
    const names = called.flatMap(({ orchestrators: subs }) => subs);
    expect(distinct(names)).toEqual(['installFleetMachine', 'issueCertificate', 'renewCertificate']);
    expect(Object.keys(orchestratorNames)).toEqual(expect.arrayContaining(names));
  });
});

describe('the registered functions', () => {
  let app: DurableApp;
  beforeEach(async () => {
    app = await openDurableApp();
  });
  afterEach(() => app.close());

  it.each(Object.values(orchestratorNames))('hold %s: it does not fail as unknown', async (name) => {
    const id = await app.host.start(name, {
      input: {
        children: [{ instanceId: 'x.y', input: {} }],
        flow: orchestratorNames.renewCertificate,
        machineIds: ['x'],
      },
    });
    await app.host.settled();
    app.host.crash();
    expect(String(app.host.status(id)?.output)).not.toContain("doesn't exist");
    expect(app.activities.length).toBeGreaterThan(0);
  });
});

describe('what bites on the real host', () => {
  // Measured there: each of these loses events, hangs an instance or shifts its ids.
  const forbidden =
    /continueAsNew|retryTimeout|RetryOptions|callHttp|callEntity|signalEntity|Task\.(any|all)|isLocked|\block\(/;

  it('is seen by the pattern', () => {
    expect('context.df.continueAsNew({})').toMatch(forbidden);
    expect('yield context.df.callHttp(options)').toMatch(forbidden);
  });

  it.each(flows)('is not in %s', (file) => {
    expect(readSource(file)).not.toMatch(forbidden);
  });
});
