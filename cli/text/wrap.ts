import { widthOf } from './width.ts';

/** Narrower than this no sentence is readable: it is left to the terminal. */
const least = 30;

/** Lines of words behind `indent`, none wider than `room` columns; one line on a pipe. */
export function wrapWords(text: string, indent: string, room: number | undefined): string[] {
  if (room === undefined || room - indent.length < least) return [`${indent}${text}`];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) + indent.length > room) {
      lines.push(`${indent}${line}`);
      line = word;
    } else line = longer;
  }
  return [...lines, `${indent}${line}`];
}
