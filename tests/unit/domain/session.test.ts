import { expect, it } from 'vitest';
import { sessionHostName, sessionLifetime, sessionUrl } from '#shared/domain/session.ts';

it('a session’s host is label, machine name and zone', () => {
  expect(sessionHostName('label', 'name', 'wac.test')).toBe('label.name.wac.test');
});

it.each([
  [443, 'https://label.name.wac.test/_session?ticket=a.b.c'],
  [8443, 'https://label.name.wac.test:8443/_session?ticket=a.b.c'],
])('a session’s URL names port %i only where a browser needs it', (port, expected) => {
  expect(sessionUrl('label.name.wac.test', port, 'a.b.c')).toBe(expected);
  expect(new URL(expected).port).toBe(port === 443 ? '' : String(port));
});

it('a session lives an hour, and between ten minutes and three hours as the provider’s credentials do', () => {
  expect(sessionLifetime).toEqual({ default: 3600, minimum: 600, maximum: 10_800 });
});
