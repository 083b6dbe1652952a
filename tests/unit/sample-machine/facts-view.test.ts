import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, graphPoints } from '#local/sample-machine/facts-view.ts';

describe('the facts as shown', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [150 * 1024 ** 2, '150 MiB'],
    [23.5 * 1024 ** 3, '23.5 GiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [59, '00:00:59'],
    [86_399, '23:59:59'],
    [90_061, '1 d 01:01:01'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('draws the newest value at the right edge and stays inside the box', () => {
    expect(graphPoints([0, 50, 200], 100, 3)).toBe('0.0,47.0 120.0,24.0 240.0,1.0');
    expect(graphPoints([100], 100, 3)).toBe('240.0,1.0');
    expect(graphPoints([], 100)).toBe('');
  });
});
