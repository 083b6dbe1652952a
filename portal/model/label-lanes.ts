export interface LabelWish {
  /** Where it points, in pixels. */
  x: number;
  width: number;
}

export interface PlacedLabel {
  /** Its middle, moved inwards where the edge would cut it. */
  middle: number;
  /** 0 is next to the line. */
  lane: number;
  /** Nothing lies between it and the point where it points: a line may be drawn. */
  isClear: boolean;
}

/** Pixels between two labels of a lane. */
const gap = 8;

/**
 * Puts labels side by side where there is room and into further lanes where not: none overlaps another, none leaves
 * the picture that is wider than each. Answers in the order of the wishes.
 */
export function placeLabels(wishes: readonly LabelWish[], total: number): PlacedLabel[] {
  const lanes: { from: number; to: number }[][] = [];
  return wishes.map(({ x, width }) => {
    const half = width / 2;
    const middle = Math.max(half, Math.min(total - half, x));
    const isFree = (taken: { from: number; to: number }[]) =>
      taken.every(({ from, to }) => middle + half + gap <= from || middle - half - gap >= to);
    const found = lanes.findIndex(isFree);
    const lane = found < 0 ? lanes.length : found;
    const isClear = lanes.slice(0, lane).every((taken) => taken.every(({ from, to }) => x < from || x > to));
    (lanes[lane] ??= []).push({ from: middle - half, to: middle + half });
    return { middle, lane, isClear };
  });
}
