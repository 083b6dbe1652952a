import fc from 'fast-check';
import { candidatePaths, parseRelayAddress } from '#local/relay/address.ts';
import { HandshakeRefusal } from '#local/relay/handshake-refusal.ts';
import { verifySharedAccessSignature } from '#local/relay/shared-access-signature.ts';

const rules = [{ name: 'listen', rights: ['Listen'] as const, primaryKey: 'k1', secondaryKey: 'k2' }];
const piece = fc.constantFrom(
  '/$hc/',
  'machine',
  '/',
  '?',
  '&',
  '=',
  'sb-hc-action=',
  'listen',
  'connect',
  'accept',
  'sb-hc-id=',
  'sb-hc-token=',
  'sb-hc-statusCode=',
  'statusCode=404',
  'sb-hc-rendezvous=',
  '%zz',
  '%00',
  '%2F',
  '//',
  'https://',
  ':99999',
  '#',
  '\\',
  '..',
);
const target = fc
  .array(fc.oneof({ weight: 4, arbitrary: piece }, { weight: 1, arbitrary: fc.string({ maxLength: 12 }) }), {
    maxLength: 16,
  })
  .map((pieces) => pieces.join(''));
const nearlyRight = target.map((rest) => `/$hc/machine?sb-hc-action=accept&${rest}`);
const field = fc.tuple(
  fc.constantFrom('sr', 'sig', 'se', 'skn', ''),
  fc.oneof(
    fc.constantFrom('listen', '9999999999', '%zz', 'http%3A%2F%2Fh%2Fmachine', 'NaN', '1e99'),
    fc.string(),
  ),
);
const token = fc
  .array(field, { maxLength: 8 })
  .map((fields) => `SharedAccessSignature ${fields.map((pair) => pair.join('=')).join('&')}`);

/** What a relay reads before it knows who calls. Throws at anything but an answer or a refusal. */
export function runHostileInput(numRuns: number, seed: number): Map<number | 'taken', number> {
  const seen = new Map<number | 'taken', number>();
  const note = (work: () => unknown): boolean => {
    let outcome: number | 'taken' = 'taken';
    try {
      work();
    } catch (error) {
      if (!(error instanceof HandshakeRefusal)) throw error;
      outcome = error.status;
    }
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    return outcome === 'taken' || (outcome >= 400 && outcome < 500);
  };
  fc.assert(
    fc.property(fc.oneof(target, nearlyRight), token, (url, signature) => {
      const isAnswered = note(() => candidatePaths(parseRelayAddress(url).path));
      const verify = () => verifySharedAccessSignature(signature, rules, 'Listen', 'h/machine', 1);
      return isAnswered && note(verify) && !seen.has(500);
    }),
    { numRuns: Math.ceil(numRuns / 2), seed },
  );
  return seen;
}
