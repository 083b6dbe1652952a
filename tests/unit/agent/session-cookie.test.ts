import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  confineSetCookie,
  readSessionCookie,
  sessionCookieName,
  withoutSessionCookie,
} from '#agent/session-cookie.ts';

describe('the session cookie', () => {
  it('is found among others', () => {
    expect(readSessionCookie(`a=1; ${sessionCookieName}=value; b=2`)).toBe('value');
    expect(readSessionCookie(`x${sessionCookieName}=value`)).toBeUndefined();
    expect(readSessionCookie(undefined)).toBeUndefined();
  });

  it('counts as absent when it is there twice', () => {
    expect(readSessionCookie(`${sessionCookieName}=a; ${sessionCookieName}=b`)).toBeUndefined();
  });

  it('never reaches the service, and every other cookie does', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9]{1,8}$/);
    const others = fc.array(
      fc.tuple(word, word).map(([name, value]) => `${name}=${value}`),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(others, fc.nat(5), word, (pairs, at, value) => {
        const all = pairs.toSpliced(at, 0, `${sessionCookieName}=${value}`).join('; ');
        expect(withoutSessionCookie(all)).toBe(pairs.length > 0 ? pairs.join('; ') : undefined);
      }),
    );
  });
});

describe('cookies of the service', () => {
  it.each([
    ['a=1; Domain=wac.localhost; Path=/', 'a=1; Path=/'],
    ['a=1; path=/; DOMAIN = .wac.localhost', 'a=1; path=/'],
    ['a=1;domain;HttpOnly', 'a=1;HttpOnly'],
    ['a=1; Domain=x; Domain=y; Secure', 'a=1; Secure'],
    ['domain=1; Path=/', 'domain=1; Path=/'],
  ])('%j becomes %j', (given, confined) => {
    expect(confineSetCookie(given)).toBe(confined);
  });

  it('cannot replace the session cookie', () => {
    expect(confineSetCookie(`${sessionCookieName}=x; Path=/; Secure`)).toBeUndefined();
  });
});
