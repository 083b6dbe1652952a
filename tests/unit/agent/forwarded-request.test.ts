import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isForHost } from '#agent/door-requests.ts';
import { prepareRequestHeaders, prepareResponseHeaders } from '#agent/forwarded-request.ts';

const prepared = (headers: IncomingHttpHeaders, user = 'ada@contoso.example') => {
  prepareRequestHeaders(headers, user);
  return headers;
};

describe('a request on its way to the service', () => {
  it('says who asks and through which name, whatever the browser claimed', () => {
    expect(
      prepared({
        host: 'label.name.wac.localhost:8443',
        'x-admin-center-user': 'root',
        'x-admin-center-role': 'admin',
        'x-forwarded-for': '203.0.113.1',
        'x-real-ip': '203.0.113.1',
        forwarded: 'for=203.0.113.1',
        accept: 'text/html',
      }),
    ).toEqual({
      host: 'label.name.wac.localhost:8443',
      accept: 'text/html',
      'x-forwarded-host': 'label.name.wac.localhost:8443',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '8443',
      'x-admin-center-user': 'ada@contoso.example',
    });
  });

  it.each(['jürgen@contoso.example', 'a\r\nx: y@contoso.example', '100%@contoso.example'])(
    'carries the name %j so that it can be read back',
    (user) => {
      const value = String(prepared({ host: 'h' }, user)['x-admin-center-user']);
      expect(value).toMatch(/^[!-~]+$/);
      expect(decodeURIComponent(value)).toBe(user);
    },
  );
});

describe('an answer on its way to the browser', () => {
  it("leaves out what speaks of the service's own connection, and confines its cookies", () => {
    const headers: IncomingHttpHeaders = {
      connection: 'close',
      'keep-alive': 'timeout=5',
      'content-type': 'text/html',
      'set-cookie': ['__Host-session=x; Path=/'],
    };
    prepareResponseHeaders(headers);
    expect(headers).toEqual({ 'content-type': 'text/html' });
  });
});

describe('the name that a request is for', () => {
  const hostName = 'label.name.wac.localhost';
  it.each([
    [{ url: '/', headers: { host: 'LABEL.name.wac.localhost:8443' } }, true],
    [{ url: '*', headers: { host: hostName } }, true],
    [{ url: '/', headers: { host: 'other.name.wac.localhost' } }, false],
    [{ url: '/', headers: {} }, false],
    [{ url: 'https://other.name.wac.localhost/', headers: { host: hostName } }, false],
  ])('of %j is ours: %s', (request, isOurs) => {
    expect(isForHost(request, hostName)).toBe(isOurs);
  });

  it('may stand in the request target, which is then made relative', () => {
    const request = { url: `https://${hostName}:8443/a?b=c`, headers: { host: hostName } };
    expect(isForHost(request, hostName)).toBe(true);
    expect(request.url).toBe('/a?b=c');
  });
});
