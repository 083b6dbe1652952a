import { useWidth } from '../hooks/width.ts';

export function Progress({ percent, label }: { percent: number; label: string }) {
  const { element, width } = useWidth<HTMLDivElement>();
  return (
    <div
      ref={element}
      class="limit-frame"
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      {width > 0 && (
        <svg width={width} height="8" viewBox={`0 0 ${width} 8`} aria-hidden="true">
          <rect class="bar-track" width={width} height="8" rx="4" />
          {percent > 0 && (
            <rect class="bar-fill tone-busy" width={Math.max(8, (percent / 100) * width)} height="8" rx="4" />
          )}
        </svg>
      )}
    </div>
  );
}
