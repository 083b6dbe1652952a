import type { Command } from './command.ts';

/** How many letters must be typed differently to make one of the other. */
function distance(one: string, other: string): number {
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [row, letter] of one.split('').entries()) {
    const next = [row + 1];
    for (let at = 0; at < other.length; at += 1)
      next.push(
        Math.min(
          (last[at + 1] ?? 0) + 1,
          (next[at] ?? 0) + 1,
          (last[at] ?? 0) + (letter === other[at] ? 0 : 1),
        ),
      );
    last = next;
  }
  return last[other.length] ?? 0;
}

const farthest = 2;
const longest = 20;

/** `: did you mean 'machines'?`, or nothing where no command is near. */
export function nearest(commands: readonly Command[], typed: string): string {
  if (typed.length > longest) return '';
  const [found] = [...new Set(commands.map(({ words }) => words.split(' ')[0] ?? ''))]
    .map((word) => ({ word, away: distance(typed, word) }))
    .filter(({ word, away }) => away <= farthest && away < word.length)
    .toSorted((a, b) => a.away - b.away);
  return found ? `: did you mean '${found.word}'?` : '';
}
