import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIssuerOrders, type IssuerOrders, issuanceMs, type Machine } from './issuer-orders.ts';

let orders: IssuerOrders;
let running: IssuerOrders['running'];
let restarted: IssuerOrders['restarted'];

beforeAll(async () => {
  orders = await createIssuerOrders();
  ({ running, restarted } = orders);
});
afterAll(() => running.stop());

describe('a crash in the course of an order', () => {
  type Step = 'begin' | 'createOrder' | 'readOrder' | 'finalizeOrder' | 'downloadChain' | 'mergeCertificate';
  const steps: Step[] = [
    'begin',
    'createOrder',
    'readOrder',
    'finalizeOrder',
    'downloadChain',
    'mergeCertificate',
  ];

  /** Each step with new adapters; the crash comes after the step's work and before its answer is written. */
  async function run(machine: Machine, crashAfter: Step, isIssuedMeanwhile: boolean) {
    let orderUrl = '';
    let chainPem = '';
    let thumbprint = '';
    const work: Record<Step, () => Promise<unknown>> = {
      begin: () => orders.begin(machine),
      createOrder: async () => {
        ({ orderUrl } = await restarted().authority.createOrder(machine));
      },
      readOrder: () => restarted().authority.readOrder(orderUrl),
      finalizeOrder: () => restarted().authority.finalizeOrder(orderUrl, new Uint8Array()),
      downloadChain: async () => {
        ({ chainPem } = await restarted().authority.downloadChain(orderUrl));
      },
      mergeCertificate: async () => {
        ({ thumbprint } = await restarted().vault.mergeCertificate(machine.certificate, chainPem));
      },
    };
    for (const step of steps) {
      if (step === 'downloadChain') running.clock.advance(issuanceMs);
      await work[step]();
      if (step !== crashAfter) continue;
      if (isIssuedMeanwhile) running.clock.advance(issuanceMs);
      await work[step]();
    }
    return thumbprint;
  }

  it.each(
    steps.flatMap((step) => [
      { step, isIssuedMeanwhile: false },
      { step, isIssuedMeanwhile: true },
    ]),
  )('after $step, issued meanwhile: $isIssuedMeanwhile, costs no second certificate', async (crash) => {
    const machine = orders.newMachine();
    running.vault.calls.reset();
    const thumbprint = await run(machine, crash.step, crash.isIssuedMeanwhile);
    expect(running.vault.calls.count('IssueCertificate')).toBe(1);
    expect(await orders.versionsOf(machine)).toBe(1);
    expect((await restarted().vault.findCertificate(machine.certificate))?.thumbprint).toBe(thumbprint);
  });
});
