const shape = /^\d+(\.\d+)*$/;

/** Dotted whole numbers, as agents and handlers number themselves: `1.13.21320.014`. */
export const isVersion = (text: string): boolean => shape.test(text);

/** Compares dotted numbers piece by piece: -1, 0 or 1. A missing piece counts as zero, a leading zero for nothing. */
export function compareVersions(left: string, right: string): -1 | 0 | 1 {
  const a = left.split('.').map(Number);
  const b = right.split('.').map(Number);
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}

/** Whether a version is of a series: `1.35.02522.1234` is of `1.35`, `1.350` is not. */
export function isOfSeries(version: string, series: string): boolean {
  const pieces = version.split('.').map(Number);
  return series.split('.').every((piece, at) => pieces[at] === Number(piece));
}
