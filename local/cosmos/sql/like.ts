/** One step of a LIKE pattern: any run of characters, or a test of one character. */
type Step = 'run' | ((character: string) => boolean);

/** Compiles the pattern: `%` any run, `_` one character, `[a-z]` and `[^a-z]` sets; `escape` makes the next one plain. */
function stepsOf(pattern: string, escape: string | undefined): Step[] {
  const steps: Step[] = [];
  const characters = Array.from(pattern);
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index];
    const close = character === '[' ? characters.indexOf(']', index + 1) : -1;
    if (character === escape && index + 1 < characters.length) {
      const plain = characters[++index];
      steps.push((candidate) => candidate === plain);
    } else if (character === '%') {
      if (steps.at(-1) !== 'run') steps.push('run');
    } else if (character === '_') steps.push(() => true);
    else if (close > index) {
      steps.push(setTest(characters.slice(index + 1, close)));
      index = close;
    } else steps.push((candidate) => candidate === character);
  }
  return steps;
}

function setTest(members: string[]): (character: string) => boolean {
  const negated = members[0] === '^';
  const ranges: [string, string][] = [];
  for (let index = negated ? 1 : 0; index < members.length; index += 1) {
    const [low, dash, high] = members.slice(index, index + 3);
    if (low !== undefined && dash === '-' && high !== undefined) {
      ranges.push([low, high]);
      index += 2;
    } else if (low !== undefined) ranges.push([low, low]);
  }
  return (character) => ranges.some(([low, high]) => character >= low && character <= high) !== negated;
}

/** A matcher for the pattern; runs in time of text times pattern, whatever the pattern. */
export function likeMatcher(pattern: string, escape: string | undefined): (text: string) => boolean {
  const steps = stepsOf(pattern, escape);
  return (text) => {
    const characters = Array.from(text);
    let step = 0;
    let at = 0;
    let lastRun = -1;
    let runFrom = 0;
    while (at < characters.length) {
      const current = steps[step];
      if (current === 'run') {
        lastRun = step++;
        runFrom = at;
      } else if (current?.(characters[at] ?? '')) {
        step += 1;
        at += 1;
      } else if (lastRun >= 0) {
        // The run takes one character more, and the rest is tried again.
        step = lastRun + 1;
        at = ++runFrom;
      } else return false;
    }
    return steps.slice(step).every((rest) => rest === 'run');
  };
}
