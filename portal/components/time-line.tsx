import { useWidth } from '../hooks/width.ts';
import { type PlacedLabel, placeLabels } from '../model/label-lanes.ts';
import type { Mark, Span, TimeLine } from '../model/time-line.ts';

/** Pixels. */
const lane = 34;
const bar = { leaf: 10, previous: 6, gap: 8 };
const inset = 7;
/** Of the 12 px system font, on the wide side. */
const letter = 7.1;

const nowhere: PlacedLabel = { middle: 0, lane: 0, isClear: false };

const labelWidth = ({ word, date }: Mark): number => Math.max(word.length, date.length) * letter;

function Label({ mark, middle, y }: { mark: Mark; middle: number; y: number }) {
  return (
    <text class={`moment-label ${mark.kind}`} x={middle} y={y} text-anchor="middle">
      <tspan class="moment-word">{mark.word}</tspan>
      <tspan class="moment-date" x={middle} dy="15">
        {mark.date}
      </tspan>
    </text>
  );
}

interface BarProps {
  span: Span;
  class: string;
  y: number;
  height: number;
  x(share: number): number;
}

const Bar = ({ span, class: name, y, height, x }: BarProps) => (
  <rect
    class={name}
    x={x(span.from)}
    y={y}
    width={Math.max(2, x(span.to) - x(span.from))}
    height={height}
    rx={height / 2}
  />
);

const lanesOf = (labels: readonly PlacedLabel[]): number =>
  Math.max(0, ...labels.map((label) => label.lane + 1));

function Drawing({ line, width }: { line: TimeLine; width: number }) {
  const { leaf, previous, window, emergency, now, marks } = line;
  const x = (share: number): number => inset + share * (width - 2 * inset);
  const placed = placeLabels(
    marks.map((mark) => ({ x: x(mark.share), width: labelWidth(mark) })),
    width,
  );
  const [above] = placeLabels([{ x: x(now.share), width: labelWidth(now) }], width);
  const previousY = lane + 4;
  const leafY = previousY + (previous ? bar.previous + bar.gap : 0);
  const below = leafY + bar.leaf + 10;
  const height = below + lanesOf(placed) * lane;
  const passed = leaf && now.share > leaf.from && { from: leaf.from, to: Math.min(leaf.to, now.share) };
  return (
    <svg
      class="time-line"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      {previous && <Bar span={previous} class="line-previous" y={previousY} height={bar.previous} x={x} />}
      <Bar span={leaf ?? { from: 0, to: 1 }} class="bar-track" y={leafY} height={bar.leaf} x={x} />
      {passed && <Bar span={passed} class="line-passed" y={leafY} height={bar.leaf} x={x} />}
      {emergency && <Bar span={emergency} class="line-emergency" y={leafY} height={bar.leaf} x={x} />}
      {window && <Bar span={window} class="line-window" y={leafY - 4} height={bar.leaf + 8} x={x} />}
      {marks.map((mark, at) => {
        const { middle, lane: row, isClear } = placed[at] ?? nowhere;
        const top = mark.kind === 'previous-expiry' ? previousY : leafY;
        return (
          <g key={mark.kind} class={`moment ${mark.kind}`}>
            <path
              class="moment-lead"
              d={`M${x(mark.share)} ${top}V${below - 4 + (isClear ? row * lane : 0)}`}
            />
            <Label mark={mark} middle={middle} y={below + 10 + row * lane} />
          </g>
        );
      })}
      <path class="line-now" d={`M${x(now.share)} ${lane - 2}V${leafY + bar.leaf + 4}`} />
      <circle class="line-now-dot" cx={x(now.share)} cy={leafY + bar.leaf / 2} r="6" />
      <Label mark={now} middle={above?.middle ?? 0} y={12} />
    </svg>
  );
}

/** The life of a certificate as a picture; what stands beside it says the same in words. */
export function TimeLinePicture({ line }: { line: TimeLine }) {
  const { element, width } = useWidth<HTMLDivElement>();
  return (
    <div ref={element} class="time-line-frame">
      {width > 0 && <Drawing line={line} width={width} />}
    </div>
  );
}
