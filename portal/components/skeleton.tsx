import { useDelayed } from '../hooks/delayed.ts';

/** Keeps the place of what is coming; visible only when it takes longer than 200 ms. */
export function Skeleton({ lines, label, tall = false }: { lines: number; label: string; tall?: boolean }) {
  const isLate = useDelayed();
  return (
    <div class={tall ? 'skeleton tall' : 'skeleton'} aria-busy="true">
      <span class="visually-hidden" role="status">
        {isLate ? label : ''}
      </span>
      {Array.from({ length: lines }, (_, at) => (
        <div key={at} class={isLate ? 'skeleton-line shown' : 'skeleton-line'} />
      ))}
    </div>
  );
}
