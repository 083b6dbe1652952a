import { describe, expect, it } from 'vitest';
import { activityNames } from '#functions/durable.ts';
import { orchestratorNames } from '#orchestrations/names.ts';
import { brokenRules, unsafeDurableUses } from '../support/orchestration-rules.ts';
import { readSource, sourceFiles } from '../support/source-imports.ts';

const known = { activities: activityNames(), orchestrators: Object.keys(orchestratorNames) };
const flows = sourceFiles().filter((file) => /^orchestrations\/[^/]+\/orchestrator\.ts$/.test(file));
const seam = 'functions/orchestration-context.ts';

/** A flow that keeps to the rules, with one line planted in its middle. */
const planted = (line: string) => `
export function* flow(context, input) {
  const run = context.activities();
  yield* run.beginInstall({ machineId: input.machineId });
  ${line}
  yield* context.subOrchestration(orchestratorNames.issueCertificate, {});
}`;

describe('the orchestrators of the app', () => {
  it('do nothing that a replay would see differently or that hangs an instance', () => {
    expect(flows).toHaveLength(19);
    expect(
      flows.flatMap((file) => brokenRules(file, readSource(file), known).map((rule) => `${file} ${rule}`)),
    ).toEqual([]);
  });

  it('reach Durable through one file, which leaves its traps alone but for one', () => {
    // Over lanes, which never fail.
    expect(unsafeDurableUses(seam, readSource(seam))).toEqual(['all']);
  });

  it('may do what the rules do not name', () => {
    expect(
      brokenRules('flow.ts', planted('const at = new Date(context.now().getTime() + 1);'), known),
    ).toEqual([]);
  });

  it.each([
    ['const at = new Date();', 'reads the clock: new Date()'],
    ['const at = Date();', 'reads the clock: Date()'],
    ['const at = Date.now();', 'reaches outside: Date.now'],
    ['const at = performance.now();', 'reaches outside: performance'],
    ['const id = Math.random();', 'reaches outside: Math.random'],
    ['const id = randomUUID();', 'reaches outside: randomUUID'],
    ['const where = process.env.REGION;', 'reaches outside: process'],
    ['const page = fetch("https://a.test");', 'reaches outside: fetch'],
    ['setTimeout(() => {}, 1);', 'reaches outside: setTimeout'],
    ['const never = new Promise(() => {});', 'reaches outside: Promise'],
    ['const late = async () => {};', 'is asynchronous'],
    ['const vault = import("./vault.ts");', 'imports at run time'],
    // On Azure the instance would stay Running for ever.
    ["throw 'text';", 'throws something that is not an Error'],
    ['throw { code: 1 };', 'throws something that is not an Error'],
    ['yield* run.nobodyKnows({});', 'calls the unknown activity nobodyKnows'],
    ["yield* context.subOrchestration('nobody', {});", 'calls the unknown orchestrator nobody'],
    [
      'const options = { retryTimeoutInMilliseconds: 1 };',
      'uses retryTimeoutInMilliseconds of Durable itself',
    ],
    ['context.continueAsNew({});', 'uses continueAsNew of Durable itself'],
    ['context.callHttp({});', 'uses callHttp of Durable itself'],
    ['yield* Task.all([]);', 'uses all of Durable itself'],
    ['yield context.timer;', 'yields a task by itself: it could be yielded twice'],
    // `false` arrives as the text "False".
    ['yield* run.beginInstall(false);', 'gives beginInstall a bare value'],
  ])('that do it are caught: %s', (line, rule) => {
    expect(brokenRules('flow.ts', planted(line), known)).toEqual([rule]);
  });

  it('that keep state between runs are caught', () => {
    expect(brokenRules('flow.ts', `let count = 0;${planted('count += 1;')}`, known)).toEqual([
      'keeps state outside of its instance',
    ]);
  });

  it.each(['df.continueAsNew({});', 'df.callHttp({});', 'const o = { retryTimeoutInMilliseconds: 1 };'])(
    'that reach a trap through that file are caught: %s',
    (line) => {
      expect(unsafeDurableUses('seam.ts', line)).toHaveLength(1);
    },
  );
});
