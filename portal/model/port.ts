/** Requirement 47: the port that is used when none is given. */
export const defaultPort = 6516;

export type PortField = { port: number; fault?: undefined } | { port?: undefined; fault: string };

export function readPort(text: string): PortField {
  if (!/^\d{1,5}$/.test(text.trim())) return { fault: 'Enter a whole number from 1 to 65535.' };
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? { port } : { fault: `${port} is not a port: use 1 to 65535.` };
}
