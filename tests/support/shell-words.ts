/** Splits a line as a POSIX shell does that knows plain words and single quotes; whatever else a shell reads is refused. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let rest = line; rest !== ''; ) {
    const [piece = '', blank, plain, quoted, escaped] =
      /^(?:( +)|([A-Za-z0-9_@%+=:,./-]+)|'([^']*)'|\\('))/.exec(rest) ?? [];
    if (piece === '') throw new Error(`a shell reads more than text in ${JSON.stringify(rest)}`);
    if (blank === undefined) word = (word ?? '') + (plain ?? quoted ?? escaped ?? '');
    else {
      if (word !== undefined) words.push(word);
      word = undefined;
    }
    rest = rest.slice(piece.length);
  }
  return word === undefined ? words : [...words, word];
}
