import type { MachineDocument } from './documents.ts';
import { rulePropagationMs } from './reach.ts';

/**
 * Requirements 115 and 134: what is said to who connects while the rule of the network, or the install, is so young that
 * it may not work everywhere yet; undefined once that time has passed.
 */
export function freshnessAdvice(
  { extension, reach, portRule }: Pick<MachineDocument, 'extension' | 'reach' | 'portRule'>,
  now: Date,
): string | undefined {
  const isYoung = (at: string | undefined): boolean =>
    at !== undefined && now.getTime() - Date.parse(at) < rulePropagationMs;
  const young = [
    ...(reach?.mode === 'direct' && isYoung(portRule?.openedAt) ? ['the rule that lets browsers in'] : []),
    ...(isYoung(extension?.installedAt) ? ['the install'] : []),
  ];
  if (young.length === 0) return undefined;
  const which = young.join(' and ');
  const verb = young.length === 1 ? 'is' : 'are';
  return `${which.replace(/^t/, 'T')} ${verb} less than two minutes old: if it does not connect, wait a minute or two and try again.`;
}
