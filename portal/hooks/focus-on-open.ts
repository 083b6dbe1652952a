import { useLayoutEffect, useRef } from 'preact/hooks';

/** Gives the focus to what a click has just opened in its place. */
export function useFocusOnOpen<E extends HTMLElement>() {
  const element = useRef<E>(null);
  useLayoutEffect(() => element.current?.focus(), []);
  return element;
}
