import { useEffect, useRef } from 'preact/hooks';

/** Names the document and gives the focus to the screen's heading when the screen is new. */
export function useScreenTitle(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} - Admin Center`;
  }, [title]);
  useEffect(() => {
    // On the first screen the focus stays at the top of the page, where the skip link is.
    if (document.documentElement.dataset['navigated']) heading.current?.focus({ preventScroll: true });
    document.documentElement.dataset['navigated'] = 'yes';
  }, []);
  return heading;
}
