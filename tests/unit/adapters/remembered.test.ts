import { describe, expect, it, vi } from 'vitest';
import { remembered } from '#shared/adapters/azure/remembered.ts';

describe('a remembered value', () => {
  it('is read once for all who ask before it is there', async () => {
    const read = vi.fn<() => Promise<string>>(() => Promise.resolve('value'));
    const value = remembered(read);
    expect(await Promise.all([value(), value()])).toEqual(['value', 'value']);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('is read again when it is as old as it may be', async () => {
    let now = 0;
    let reads = 0;
    const value = remembered(
      () => Promise.resolve(++reads),
      1000,
      () => now,
    );
    expect(await value()).toBe(1);
    now = 999;
    expect(await value()).toBe(1);
    now = 1000;
    expect(await value()).toBe(2);
  });

  it('does not remember a failure', async () => {
    const read = vi
      .fn<() => Promise<string>>(() => Promise.resolve('value'))
      .mockRejectedValueOnce(new Error('silence'));
    const value = remembered(read);
    await expect(value()).rejects.toThrow('silence');
    expect(await value()).toBe('value');
  });
});
