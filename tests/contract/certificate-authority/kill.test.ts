import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRequest, createRig, type Rig, settle, zone } from './rig.ts';

describe('a certificate authority that is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  let rig: Rig;
  let child: ChildProcess;

  const start = async (port: number): Promise<void> => {
    const settings = { ...rig.settings, port, latency: { validationMs: 300, issuanceMs: 300 } };
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
    child = fork(
      new URL('./killed-server.ts', import.meta.url),
      [join(folder, 'settings.json'), join(folder, 'authority.sqlite')],
      { execArgv: [] },
    );
    await once(child, 'message');
  };
  const killAndStart = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    await start(rig.authority.port);
    while (!(await fetch(rig.directoryUrl).catch(() => undefined))?.ok);
  };

  beforeAll(async () => {
    rig = await createRig();
    await rig.authority.close();
    await start(rig.authority.port);
  });
  afterAll(async () => {
    child.kill('SIGKILL');
    await rig.dns.close();
    rmSync(folder, { recursive: true });
  });

  it('finishes what it acknowledged: order, answer and request for the certificate', async () => {
    const { client } = rig;
    const names = [`kill.${zone}`, `*.kill.${zone}`];
    const order = await client.createOrder({ hostNames: names });
    await killAndStart();
    expect(await client.createOrder({ hostNames: names })).toEqual(order);
    rig.publish(order);
    for (const { challengeUrl } of order.challenges) await client.answerChallenge(challengeUrl);
    await killAndStart();
    expect(await settle(() => client.readOrder(order.orderUrl))).toMatchObject({ state: 'ready' });
    const { der } = await createRequest(names);
    expect(await client.finalizeOrder(order.orderUrl, der)).toMatchObject({ state: 'processing' });
    await killAndStart();
    expect(await settle(() => client.finalizeOrder(order.orderUrl, der))).toEqual({ state: 'valid' });
    const chain = await client.downloadChain(order.orderUrl);
    await killAndStart();
    expect(await client.downloadChain(order.orderUrl)).toEqual(chain);
  });
});
