import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { killUnderLoad } from '../contract/certificate-authority/kill-under-load.ts';

it('keeps every certificate once through fifty kills at random points under load', async () => {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
  const report = await killUnderLoad({ kills: 50, seed });
  const { issued, repeated, broken } = report;
  process.stdout.write(
    `certificate authority: 50 kills with SEED=${seed}, ${issued} certificates, ${repeated} calls repeated, ${broken.length} complaints\n`,
  );
  expect({ seed, ...report }).toMatchObject({ kills: 50, broken: [] });
  expect(report.issued).toBeGreaterThan(10);
});
