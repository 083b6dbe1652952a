import { useEffect, useState } from 'preact/hooks';

/** True after `ms`: what is quick shows no sign of waiting. */
export function useDelayed(ms = 200): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return isLate;
}
