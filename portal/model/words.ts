/** The services' own words come as parts of a log line, with or without a full stop. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  const capital = `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}`;
  return trimmed === '' || /[.!?]$/.test(trimmed) ? capital : `${capital}.`;
}
