import { useEffect, useState } from 'preact/hooks';
import { parseRoute, type Route } from './routes.ts';

const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};
addEventListener('popstate', tell);

let isLanding = true;
/** Whether the reader is still where he came in: he asked for this address, or for none. */
export const isAtLanding = (): boolean => isLanding;

export function navigate(address: string, { replace = false }: { replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  isLanding = false;
  if (!replace) scrollTo(0, 0);
  tell();
}

export const currentRoute = (): Route => parseRoute(new URL(location.href));

export function useRoute(): Route {
  const [route, setRoute] = useState(currentRoute);
  useEffect(() => {
    const update = () => setRoute(currentRoute());
    listeners.add(update);
    return () => void listeners.delete(update);
  }, []);
  return route;
}
