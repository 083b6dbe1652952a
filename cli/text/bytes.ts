const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `0 B`, `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  let size = bytes;
  let at = 0;
  for (; size >= 1024 && at < units.length - 1; at += 1) size /= 1024;
  return `${at === 0 ? size : size.toFixed(1)} ${units[at]}`;
}
