import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Summary, summarise } from './statistics.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const rounds = 12;

/** Imports one entry in a fresh process and prints the milliseconds that the import took. */
const program = (entry: string) =>
  `const t = performance.now(); await import(${JSON.stringify(entry)}); process.stdout.write(String(performance.now() - t)); process.exit(0);`;

function importOnce(entry: string, settings: Record<string, string>): number {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program(entry)],
    {
      cwd: root,
      env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', ...settings },
      encoding: 'utf8',
    },
  );
  const took = Number(/[\d.]+$/.exec(stdout)?.[0]);
  if (status !== 0 || !(took > 0)) throw new Error(`${entry} did not load: ${stderr || stdout}`);
  return took;
}

export interface LoadResult {
  built: Summary;
  unbundled: Summary;
  /** Medians, built over unbundled. */
  ratio: number;
}

/** Module load of the function app, built against its sources, interleaved so that noise hits both alike. */
export function measureLoad(settings: Record<string, string>): LoadResult {
  const built: number[] = [];
  const unbundled: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    built.push(importOnce(`${root}/dist/functions/main.js`, settings));
    unbundled.push(importOnce(`${root}/functions/main.ts`, settings));
  }
  const [first, second] = [summarise(built), summarise(unbundled)];
  return { built: first, unbundled: second, ratio: first.p50 / second.p50 };
}
