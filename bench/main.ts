import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * `npm run bench` runs every measurement, each in a process of its own; `npm run bench -- cosmos` the ones that are
 * named. Figures are for comparing within one run: the machine is shared and noisy.
 */
const benches = [
  'whole-system',
  'service-bus',
  'cosmos',
  'installs',
  'certificates',
  'renewals',
  'drill',
  'fleet',
  'machine-list',
  'sessions',
  'decisions',
] as const;

const fileOf = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

const asked = process.argv.slice(2).filter((text) => !text.startsWith('--'));
const options = process.argv.slice(2).filter((text) => text.startsWith('--'));
const unknown = asked.find((name) => !benches.some((bench) => bench === name));
if (unknown !== undefined) {
  console.error(`There is no bench ${unknown}; there are ${benches.join(', ')}.`);
  process.exit(2);
}

const preload = new URL('../local/kit/preload.mjs', import.meta.url).href;
let worst = 0;
for (const name of benches) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  if (!existsSync(fileOf(name))) throw new Error(`the bench ${name} has no file`);
  console.log(`\n${name}`);
  const { status } = spawnSync(process.execPath, ['--import', preload, fileOf(name), ...options], {
    stdio: 'inherit',
  });
  worst = Math.max(worst, status ?? 1);
}
process.exit(worst);
