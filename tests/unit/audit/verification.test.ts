import { describe, expect, it } from 'vitest';
import { createVerification } from '#shared/protocol/audit-verification.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import { entry, openChain } from './chain.ts';

/** What no store of ours can hold, and another might. */
describe('two records with one number', () => {
  it.each([1, 2, 3])('are found, whichever is the genuine one: number %i', async (sequence) => {
    const chain = openChain();
    for (const action of ['machine add', 'install begin', 'install end'] as const)
      await chain.write(entry(action));
    const [key] = await chain.secrets.listSecretVersions(secretNames.auditKey);
    if (!key) throw new Error('no key');
    const records = (await chain.records()).toReversed();
    for (const isFirst of [true, false]) {
      const verification = createVerification({
        head: await chain.head(),
        keys: new Map([[key.version, key]]),
      });
      for (const record of records) {
        const forged = { ...record, outcome: 'failed' } as const;
        const both = isFirst ? [forged, record] : [record, forged];
        for (const one of record.sequence === sequence ? both : [record]) verification.take(one);
      }
      expect(verification.end().broken?.sequence).toBe(sequence);
    }
  });
});
