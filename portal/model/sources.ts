/** Whether this is an address or a network, so far as the page can tell; the service decides. */
function isSource(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  if (more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return false;
  if (/^[\da-f:]*:[\da-f:.]*$/i.test(address)) return Number(bits ?? 0) <= 128 && address.length > 1;
  const parts = address.split('.');
  return (
    parts.length === 4 &&
    parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255) &&
    Number(bits ?? 0) <= 32
  );
}

export type SourcesField = { sources: readonly string[]; fault?: undefined } | { fault: string };

/** Addresses and networks between commas, spaces or lines (requirement 132). None is none. */
export function readSources(text: string): SourcesField {
  const sources = [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
  const bad = sources.find((source) => !isSource(source));
  if (bad !== undefined) return { fault: `${bad} is not an address or a network, such as 198.51.100.0/24.` };
  if (sources.length > 100) return { fault: `${sources.length} are too many: at most 100 are let in.` };
  return { sources };
}

/** Puts one more at the end of what is typed; what is there already stays there once. */
export function withSource(text: string, source: string): string {
  const typed = text.split(/[\s,;]+/).filter(Boolean);
  return typed.includes(source) ? text : [...typed, source].join(', ');
}

/** A network that lets everybody in is said to be one, however it is written. */
export const isEverybody = (source: string): boolean => /\/0{1,3}$/.test(source);
