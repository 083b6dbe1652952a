/** Brackets of a PowerShell script that do not close, and strings and comments that do not end; none in a good one. */
export function unbalanced(script: string): string[] {
  const faults: string[] = [];
  const open: { bracket: string; line: number }[] = [];
  const closes: Readonly<Record<string, string>> = { ')': '(', '}': '{', ']': '[' };
  let at = 0;
  const lineAt = (index: number) => script.slice(0, index).split('\n').length;

  /** Moves past what begins here and ends with `end`; a doubled end or a backtick before it does not count. */
  function skip(end: string, escapes: RegExp | undefined): void {
    const from = at;
    at += 1;
    while (at < script.length) {
      const rest = script.slice(at, at + 2);
      if (escapes?.test(rest)) at += 2;
      else if (script.startsWith(end, at)) {
        at += end.length;
        return;
      } else at += 1;
    }
    faults.push(`what begins in line ${lineAt(from)} does not end with ${end}`);
  }

  while (at < script.length) {
    const character = script[at] ?? '';
    if (script.startsWith('<#', at)) skip('#>', undefined);
    else if (script.startsWith("@'\n", at)) skip("\n'@", undefined);
    else if (script.startsWith('@"\n', at)) skip('\n"@', undefined);
    else if (character === '#') skip('\n', undefined);
    else if (character === "'") skip("'", /^''/);
    else if (character === '"') skip('"', /^(""|`.)/s);
    else {
      if (character === '`') at += 1;
      else if ('({['.includes(character)) open.push({ bracket: character, line: lineAt(at) });
      else if (')}]'.includes(character)) {
        const last = open.pop();
        if (last?.bracket !== closes[character])
          faults.push(`${character} in line ${lineAt(at)} closes nothing`);
      }
      at += 1;
    }
  }
  return [...faults, ...open.map(({ bracket, line }) => `${bracket} of line ${line} is not closed`)];
}
