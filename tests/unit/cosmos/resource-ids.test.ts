import { describe, expect, it } from 'vitest';
import {
  containerResourceId,
  databaseResourceId,
  documentResourceId,
} from '#local/cosmos/storage/resource-ids.ts';

const bytes = (rid: string) => Buffer.from(rid.replaceAll('-', '/'), 'base64');

describe('resource ids', () => {
  it('begin with those of their owners', () => {
    const database = bytes(databaseResourceId(7));
    const container = bytes(containerResourceId(7, 9));
    const document = bytes(documentResourceId(7, 9, 1_000_000));
    expect([database, container, document].map(({ length }) => length)).toEqual([4, 8, 16]);
    expect(container.subarray(0, 4)).toEqual(database);
    expect(document.subarray(0, 8)).toEqual(container);
  });

  it('of containers have the first bit of their own part set, which tells them from users', () => {
    expect(bytes(containerResourceId(1, 1)).readUInt8(4) & 0x80).toBe(0x80);
  });

  it('have no slash, because they stand in paths', () => {
    const all = Array.from({ length: 5_000 }, (_, place) => documentResourceId(63, 255, place * 4_111));
    expect(all.join('')).not.toContain('/');
    expect(new Set(all).size).toBe(5_000);
  });
});
