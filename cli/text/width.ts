const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const isNarrowAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);
/** Half-width forms belong to wide scripts and are one column all the same, a voice mark behind one is another. */
const halfWidth = /^[\uff61-\uffdc\uffe8-\uffee]+$/u;
/** East Asian wide and full-width characters and pictures, as terminals draw them (UAX 11). */
const wide =
  /^(?:[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u30ff\u31f0-\u33ff\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)/u;
const invisible = /^[\p{M}\p{Cf}]+$/u;

function columnsOf(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  if (halfWidth.test(grapheme)) return grapheme.length;
  return wide.test(grapheme) ? 2 : 1;
}

/** Columns that a terminal needs for a line of text without control characters. */
export function widthOf(text: string): number {
  if (isNarrowAscii(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += columnsOf(segment);
  return width;
}

/** `padEnd` by columns. */
export const padToWidth = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** No wider than `width` columns, with `…` for what does not fit. */
export function cutToWidth(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const more = columnsOf(segment);
    if (used + more > width - 1) break;
    kept += segment;
    used += more;
  }
  return width < 1 ? '' : `${kept}…`;
}
