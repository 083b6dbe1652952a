import { formatAbsolute } from './time.ts';

/** Times in the services' own words, as the page writes them. */
export const withReadableTimes = (text: string): string =>
  text.replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, formatAbsolute);

/** The services' own words come as parts of a log line, with or without a full stop. */
export function asSentence(text: string): string {
  const trimmed = withReadableTimes(text.trim());
  // A name of somebody or something is left as it is.
  const isName = /^\S*[@.]\S/.test(trimmed);
  const capital = isName ? trimmed : `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}`;
  return trimmed === '' || /[.!?]$/.test(trimmed) ? capital : `${capital}.`;
}
