import { expect, it } from 'vitest';
import type { AcmeOrder } from '#shared/adapters/acme/acme-shapes.ts';
import { createSeenOrders } from '#shared/adapters/acme/seen-orders.ts';

const url = 'https://authority.test/order/1';
const order = (status: AcmeOrder['status'], certificate?: string): AcmeOrder => ({
  status,
  authorizations: [],
  finalize: `${url}/finalize`,
  ...(certificate !== undefined && { certificate }),
});

it('an order that was seen ready is finalized once without another look', () => {
  const seen = createSeenOrders();
  seen.note(url, order('ready'));
  expect(seen.takeCertificate(url)).toBeUndefined();
  expect(seen.takeFinalize(url)).toBe(`${url}/finalize`);
  expect(seen.takeFinalize(url)).toBeUndefined();
});

it('an order that was seen valid is downloaded once without another look', () => {
  const seen = createSeenOrders();
  seen.note(url, order('ready'));
  seen.note(url, order('valid', `${url}/certificate`));
  expect(seen.takeFinalize(url)).toBeUndefined();
  expect(seen.takeCertificate(url)).toBe(`${url}/certificate`);
  expect(seen.takeCertificate(url)).toBeUndefined();
});

it.each(['pending', 'processing', 'invalid'] as const)('an order that is %s is looked at again', (status) => {
  const seen = createSeenOrders();
  seen.note(url, order('ready'));
  seen.note(url, order(status));
  expect(seen.takeFinalize(url)).toBeUndefined();
  expect(seen.takeCertificate(url)).toBeUndefined();
});

it('what was seen long ago makes room', () => {
  const seen = createSeenOrders();
  for (let index = 0; index <= 500; index += 1) seen.note(`${url}${index}`, order('ready'));
  expect(seen.takeFinalize(`${url}0`)).toBeUndefined();
  expect(seen.takeFinalize(`${url}1`)).toBe(`${url}/finalize`);
});
