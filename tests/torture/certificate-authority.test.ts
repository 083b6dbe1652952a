import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { killUnderLoad } from '../contract/certificate-authority/kill-under-load.ts';

it('keeps every certificate once through fifty kills at random points under load', async () => {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
  const report = await killUnderLoad({ kills: 50, seed, longestLifeMs: 1000 });
  const { ordered, issued, repeated, broken } = report;
  process.stdout.write(
    `certificate authority: 50 kills with SEED=${seed}, ${ordered} orders, ${issued} certificates, ${repeated} calls repeated, ${broken.length} complaints\n`,
  );
  expect({ seed, ...report }).toMatchObject({ kills: 50, broken: [] });
  expect(ordered).toBeGreaterThan(20);
  expect(issued).toBeGreaterThan(5);
});
