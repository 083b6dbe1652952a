import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isForHost } from '#agent/door-requests.ts';
import {
  prepareRequestHeaders,
  prepareResponseHeaders,
  type VisitorFacts,
} from '#agent/forwarded-request.ts';

const prepared = (
  headers: IncomingHttpHeaders,
  visitor: Partial<VisitorFacts> | 'nobody' = { user: 'ada@contoso.example' },
) => {
  const facts = { user: 'ada@contoso.example', identity: 'a.signed.statement' };
  prepareRequestHeaders(headers, visitor === 'nobody' ? undefined : { ...facts, ...visitor });
  return headers;
};

describe('a request on its way to the service', () => {
  it('says who asks and through which name, whatever the browser claimed', () => {
    expect(
      prepared({
        host: 'label.name.wac.localhost:8443',
        'x-admin-center-user': 'root',
        'x-admin-center-role': 'admin',
        x_admin_center_account: 'root',
        'x-admin-center-identity': 'a.forged.statement',
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
      'x-admin-center-identity': 'a.signed.statement',
    });
  });

  it('requirement 79: names the account that was made for the visitor', () => {
    expect(prepared({ host: 'h' }, { account: 'ada' })['x-admin-center-account']).toBe('ada');
    expect(prepared({ host: 'h' }, { account: 'CORP\\adä' })['x-admin-center-account']).toBe(
      'CORP%5Cad%C3%A4',
    );
  });

  it('requirement 78: tells nothing of the visitor to a service that asks for itself', () => {
    const claimed = { host: 'h', 'x-admin-center-user': 'root', X_Admin_Center_Account: 'root' };
    const headers = Object.fromEntries(
      Object.entries(claimed).map(([name, value]) => [name.toLowerCase(), value]),
    );
    expect(Object.keys(prepared(headers, 'nobody')).filter((name) => /admin/.test(name))).toEqual([]);
  });

  it.each(['jürgen@contoso.example', 'a\r\nx: y@contoso.example', '100%@contoso.example'])(
    'carries the name %j so that it can be read back',
    (user) => {
      const value = String(prepared({ host: 'h' }, { user })['x-admin-center-user']);
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
