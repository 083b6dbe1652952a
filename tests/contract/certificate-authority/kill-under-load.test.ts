import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { killUnderLoad } from './kill-under-load.ts';

it('keeps every certificate once through five kills at random points under load', async () => {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
  const report = await killUnderLoad({ kills: 5, seed, longestLifeMs: 400 });
  process.stdout.write(
    `certificate authority: 5 kills with SEED=${seed}, ${report.ordered} orders, ${report.issued} certificates\n`,
  );
  expect({ seed, ...report }).toMatchObject({ kills: 5, broken: [] });
  expect(report.ordered).toBeGreaterThan(0);
  expect(report.issued).toBeGreaterThan(0);
}, 120_000);
