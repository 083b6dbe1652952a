import { describe, expect, it } from 'vitest';
import { apiAddress } from '#cli/api-address.ts';
import { browserCommand } from '#cli/browser.ts';
import { retryAfterMs } from '#cli/retry-after.ts';

describe('the address of the API', () => {
  it('is what was typed, else the environment, else a local run', () => {
    const env = { ADMIN_CENTER_API_URL: 'https://env.test/' };
    expect(apiAddress('https://typed.test/prefix/', env)).toBe('https://typed.test/prefix');
    expect(apiAddress(undefined, env)).toBe('https://env.test');
    expect(apiAddress(undefined, { ADMIN_CENTER_API_URL: '' })).toBe('http://localhost:7071');
  });

  it.each(['http://127.0.0.1:1', 'http://[::1]:1', 'http://api.localhost:1', 'http://LOCALHOST'])(
    'may be http on this computer: %s',
    (text) => {
      expect(apiAddress(text, {})).toBe(new URL(text).origin);
    },
  );

  it.each([
    'http://api.example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://notlocalhost',
    'ftp://localhost',
    'localhost:7071',
    'https://user:word@api.example.com',
    'https://api.example.com/?x=1',
    '',
  ])('is refused: %s', (text) => {
    expect(() => apiAddress(text, {})).toThrow('--api must');
  });

  it('names the variable that is wrong', () => {
    expect(() => apiAddress(undefined, { ADMIN_CENTER_API_URL: 'http://a.test' })).toThrow(
      'ADMIN_CENTER_API_URL',
    );
  });
});

describe('the browser', () => {
  const url = 'https://a.test/?x=1&calc.exe';

  it.each([
    ['darwin', {}, ['open', url]],
    ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler', url]],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open', url]],
    ['linux', {}, undefined],
  ] as const)('of %s gets the address as one argument', (platform, env, command) => {
    expect(browserCommand(platform, env, url)).toEqual(command);
  });

  it.each(['file:///etc/passwd', 'javascript:alert(1)', '-a Calculator', 'ms-msdt:/id'])(
    'is not given %s',
    (text) => {
      expect(browserCommand('darwin', {}, text)).toBeUndefined();
    },
  );
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  it.each([
    ['2', 2_000],
    [' 7 ', 7_000],
    ['0', 20],
    ['3600', 60_000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['Thu, 01 Jan 2020 00:00:00 GMT', 20],
    ['soon', undefined],
    [null, undefined],
  ])('%s is %s ms', (field, expected) => {
    expect(retryAfterMs(field, now)).toBe(expected);
  });
});
