import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPortHolder } from '#local/run/port-holder.ts';

describe('a port that is taken', () => {
  const server = createServer();
  let port: number;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.runIf(existsSync('/proc/net/tcp'))('is named with the process that holds it', () => {
    expect(findPortHolder(port)).toContain(`(process ${process.pid})`);
  });

  it('names nobody when nobody listens', () => {
    expect(findPortHolder(1)).toBeUndefined();
  });
});
