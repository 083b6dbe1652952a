/** The service is a .NET program, and some of its types show on the wire. */

/** Swaps a GUID between the byte order of .NET (delivery tags) and that of RFC 4122 (`$management`). */
export function swapGuidOrder(bytes: Buffer): Buffer {
  const swapped = Buffer.from(bytes);
  swapped.subarray(0, 4).reverse();
  swapped.subarray(4, 6).reverse();
  swapped.subarray(6, 8).reverse();
  return swapped;
}

const ticksPerMs = 10_000n;
const ticksAtEpoch = 621_355_968_000_000_000n;

/** DateTime.Ticks as a big-endian 64-bit integer. */
export function toTicks(epochMs: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(epochMs) * ticksPerMs + ticksAtEpoch);
  return bytes;
}

const durationPattern = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
/** TimeSpan.MaxValue, which the service writes for "never". */
export const longestDuration = 'P10675199DT2H48M5.4775807S';

/** Milliseconds of an ISO 8601 duration of days and smaller parts; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const parts = durationPattern.exec(text);
  if (!parts || text === 'P' || text.endsWith('T')) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return Math.round(
    (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 + (seconds ?? 0) * 1000,
  );
}
