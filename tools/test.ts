import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './build.ts';

/**
 * `npm test`: everything that is checked, in one order for people and machines. Arguments after `--` go to vitest
 * (`npm test -- --project unit`), and then only the tests run.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

const checks: readonly (readonly [string, ...string[]])[] = [
  ['tsc', '-p', '.'],
  ['tsc', '-p', 'portal'],
  ['oxlint', '--type-aware', '--deny-warnings'],
  ['biome', 'check', '.'],
  ['knip'],
];

function run(command: string, args: readonly string[]): void {
  const began = performance.now();
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'failed'} ${[command, ...args].join(' ')}  ${seconds} s`);
  if (status !== 0) process.exit(status ?? 1);
}

const { positionals, tokens } = parseArgs({ strict: false, allowPositionals: true, tokens: true });
const chosen = process.argv.slice(2);
const isWhole = positionals.length === 0 && tokens.length === 0;

// The test runner has a BASE_URL of its own, so ours travels under another name.
const { BASE_URL: baseUrl } = process.env;
if (baseUrl !== undefined) process.env['ADMIN_CENTER_BASE_URL'] = baseUrl;

if (isWhole) for (const [command, ...args] of checks) run(command, args);
await build();
/** What `npm test` runs; the others take minutes or programs of their own and have commands of their own. */
const usual = ['unit', 'orchestrations', 'contract', 'e2e', 'simulation'].flatMap((project) => [
  '--project',
  project,
]);
run('vitest', ['run', ...(isWhole ? usual : chosen)]);
