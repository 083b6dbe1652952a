import type { ComponentChildren } from 'preact';
import { navigate } from './history.ts';

interface LinkProps {
  to: string;
  class?: string;
  'aria-current'?: 'page';
  children: ComponentChildren;
}

/** A real link: a plain click stays in the page, every other way to follow it is the browser's. */
export function Link({ to, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={to} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
