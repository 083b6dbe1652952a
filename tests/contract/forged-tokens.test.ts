import { constants, generateKeyPairSync, sign } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { describe, expect, it } from 'vitest';
import { createCallerVerifier } from '#functions/http/authorization.ts';
import { readSettings } from '#functions/settings.ts';
import { environment, tenantId } from '../support/memory-ports.ts';
import {
  audience,
  authority,
  encodeJson,
  hmacOver,
  jwkOf,
  keyId,
  type Making,
  type Members,
  makeToken,
  personClaims,
  personId,
  programClaims,
  programId,
  published,
  unpublished,
} from '../support/token-forge.ts';

const now = new Date(Date.UTC(2026, 9, 1, 12));
const nowSeconds = now.getTime() / 1000;
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const otherTenant = '00000000-0000-4000-8000-0000000000ff';
const publicPem = published.publicKey.export({ type: 'spki', format: 'pem' });
const modulus = Buffer.from(String(published.publicKey.export({ format: 'jwk' }).n), 'base64url');

const keySet = {
  keys: [
    jwkOf(published, keyId),
    jwkOf(elliptic, 'elliptic', { alg: 'ES256' }),
    jwkOf(unpublished, 'to-encrypt', { use: 'enc' }),
    { kty: 'oct', kid: 'secret', k: modulus.toString('base64url') },
  ],
};
const settings = readSettings({ ...environment });
const verifier = createCallerVerifier(
  settings,
  () => now,
  async () => keySet,
);

const person = (making: Making = {}) => makeToken(personClaims(nowSeconds), making);
const program = (making: Making = {}) => makeToken(programClaims(nowSeconds), making);
const changed = (claims: Members) => person({ claims });
const headed = (header: Members) => person({ header });

/** A token of the published key whose parts were changed after it was signed. */
function tampered(change: (parts: [string, string, string]) => string[]): string {
  const [head = '', body = '', signature = ''] = person().split('.');
  return change([head, body, signature]).join('.');
}
const claimsNow = (more: JWTPayload = {}) => encodeJson({ ...personClaims(nowSeconds), ...more });

const signedWith = (padding: number) => (input: string) =>
  sign('sha256', Buffer.from(input), { key: published.privateKey, padding });

/** One thing is wrong with each; the last word of a name is that thing. */
const forged: [name: string, token: string][] = [
  // The signature.
  ['no signature and alg none', `${person({ header: { alg: 'none' } }).replace(/[^.]*$/, '')}`],
  ['no signature', person().replace(/[^.]*$/, '')],
  ['alg None with a signature', headed({ alg: 'None' })],
  ['HS256 over the public key as PEM', person({ header: { alg: 'HS256' }, signature: hmacOver(publicPem) })],
  ['HS256 over the modulus', person({ header: { alg: 'HS256' }, signature: hmacOver(modulus) })],
  [
    'HS256 by a symmetric key that stands in the key set',
    person({ header: { alg: 'HS256', kid: 'secret' }, signature: hmacOver(modulus) }),
  ],
  ['HS256 over nothing', person({ header: { alg: 'HS256' }, signature: hmacOver('') })],
  ['RS256 in its header and an HMAC behind it', person({ signature: hmacOver(publicPem) })],
  [
    'PS256 by the published key',
    person({ header: { alg: 'PS256' }, signature: signedWith(constants.RSA_PKCS1_PSS_PADDING) }),
  ],
  [
    'RS512 by the published key',
    person({
      header: { alg: 'RS512' },
      signature: (input) => sign('sha512', Buffer.from(input), published.privateKey),
    }),
  ],
  [
    'ES256 by a key of the key set',
    person({
      header: { alg: 'ES256', kid: 'elliptic' },
      signature: (input) =>
        sign('sha256', Buffer.from(input), { key: elliptic.privateKey, dsaEncoding: 'ieee-p1363' }),
    }),
  ],
  ['no algorithm', headed({ alg: undefined })],
  ['a key that nobody published', person({ key: unpublished })],
  ['a key that is there to encrypt', person({ header: { kid: 'to-encrypt' }, key: unpublished })],
  ['a key id that nobody published', headed({ kid: 'k9' })],
  ['no key id', headed({ kid: undefined })],
  ['a key id that is a list', headed({ kid: [keyId] })],
  ['a key id that is a path', headed({ kid: `../${keyId}` })],
  ['another body than was signed', tampered(([head, , mac]) => [head, claimsNow({ oid: programId }), mac])],
  [
    'another header than was signed',
    tampered(([, body, mac]) => [encodeJson({ alg: 'RS256', kid: keyId, typ: 'jwt' }), body, mac]),
  ],
  ['one bit of its signature changed', tampered(([head, body, mac]) => [head, body, `B${mac.slice(1)}`])],
  ['half of its signature', tampered(([head, body, mac]) => [head, body, mac.slice(0, mac.length / 2)])],
  // What the header brings along.
  ['a key of its own in jwk', headed({ jwk: jwkOf(published, keyId) })],
  [
    'a key of its own in jwk, which signed it',
    person({ header: { jwk: jwkOf(unpublished, keyId) }, key: unpublished }),
  ],
  [
    'an address of keys in jku',
    person({ header: { jku: 'https://keys.test/jwks', kid: 'k9' }, key: unpublished }),
  ],
  ['an address of keys in jku beside a good key', headed({ jku: 'https://keys.test/jwks' })],
  ['an address of a certificate in x5u', headed({ x5u: 'https://keys.test/certificate' })],
  ['a certificate in x5c', headed({ x5c: ['MIIB'] })],
  ['an extension that has to be understood', headed({ crit: ['exp'] })],
  ['an unencoded payload', headed({ crit: ['b64'], b64: false })],
  ['a compressed payload', headed({ zip: 'DEF' })],
  ['the type of an agent’s call', headed({ typ: 'agent-call+jwt' })],
  ['the type of a logout token', headed({ typ: 'logout+jwt' })],
  // The times.
  ['an end more than a minute ago', changed({ exp: nowSeconds - 61 })],
  ['no end', changed({ exp: undefined })],
  ['an end that is a text', changed({ exp: String(nowSeconds + 3600) })],
  ['an end that is null', changed({ exp: null })],
  ['a beginning more than a minute ahead', changed({ nbf: nowSeconds + 61 })],
  ['a beginning that is a text', changed({ nbf: 'now' })],
  ['an issue more than a minute ahead', changed({ iat: nowSeconds + 61 })],
  ['no time of issue', changed({ iat: undefined })],
  // Whose it is.
  ['another issuer', changed({ iss: 'https://login.example/v2.0' })],
  ['an issuer that begins like ours', changed({ iss: `${authority}/${tenantId}/v2.0/` })],
  ['the issuer of another tenant', changed({ iss: `${authority}/${otherTenant}/v2.0` })],
  ['the issuer of every tenant', changed({ iss: `${authority}/common/v2.0` })],
  ['no issuer', changed({ iss: undefined })],
  ['the issuer of version 1 and version 2', changed({ iss: `https://sts.windows.net/${tenantId}/` })],
  ['a version that there is not', changed({ ver: '3.0' })],
  ['another tenant', changed({ tid: otherTenant })],
  ['no tenant', changed({ tid: undefined })],
  ['another audience', changed({ aud: 'https://management.azure.com' })],
  ['the client in place of the audience', changed({ aud: environment['ADMIN_CENTER_PORTAL_CLIENT_ID'] })],
  ['an audience that begins like ours', changed({ aud: `api://${audience}/` })],
  ['several audiences, ours too', changed({ aud: ['https://graph.microsoft.com', audience] })],
  ['no audience', changed({ aud: undefined })],
  ['nobody', changed({ oid: undefined })],
  ['somebody who is no GUID', changed({ oid: "' or 1=1" })],
  ['a name of a thousand characters', changed({ preferred_username: 'x'.repeat(1000) })],
  // What it may do.
  ['no scope', changed({ scp: undefined })],
  ['another scope', changed({ scp: 'openid profile' })],
  ['a scope that begins like ours', changed({ scp: 'user_impersonation.read' })],
  ['a scope that is a list', changed({ scp: ['user_impersonation'] })],
  ['a user who has roles for a scope', changed({ scp: undefined, idtyp: 'user', roles: ['Audit.Read'] })],
  ['an application with the scope of a user', program({ claims: { scp: 'user_impersonation' } })],
  ['an application by another word', program({ claims: { idtyp: 'App' } })],
  ['a device', program({ claims: { idtyp: 'device' } })],
  ['neither scope nor roles nor a type', program({ claims: { idtyp: undefined } })],
  ['roles that are a text', changed({ roles: 'Audit.Read' })],
  // Its form.
  ['two parts', person().split('.').slice(0, 2).join('.')],
  ['four parts', `${person()}.AAAA`],
  ['five parts, as if it were encrypted', `${person()}.AAAA.AAAA`],
  ['no parts', 'token'],
  ['a header that is no JSON', tampered(([, body, mac]) => ['AAAA', body, mac])],
  ['a body that is a list', makeBody('[]')],
  ['a body that is null', makeBody('null')],
  ['a body that is no JSON', makeBody('{')],
  ['padding', person().replace(/$/, '=')],
  ['more characters than are read', changed({ filling: 'x'.repeat(12_288) })],
];

/** Signed as it should be, with this text for its claims. */
function makeBody(text: string): string {
  const head = encodeJson({ typ: 'JWT', alg: 'RS256', kid: keyId });
  const input = `${head}.${Buffer.from(text).toString('base64url')}`;
  return `${input}.${sign('sha256', Buffer.from(input), published.privateKey).toString('base64url')}`;
}

const accepted: [name: string, token: string, caller: object][] = [
  ['a person', person(), { id: personId, isApplication: false, roles: [] }],
  ['a person in version 1', changed({ iss: `https://sts.windows.net/${tenantId}/`, ver: '1.0' }), {}],
  ['a person whose token says no version', changed({ ver: undefined }), {}],
  ['a person by type', changed({ idtyp: 'user' }), { isApplication: false }],
  [
    'a person with app roles',
    changed({ roles: ['Audit.Read'] }),
    { roles: ['Audit.Read'], isApplication: false },
  ],
  ['a person with an identity of a machine', changed({ xms_mirid: '/subscriptions/x' }), { id: personId }],
  ['the audience as a URI', changed({ aud: `api://${audience}` }), {}],
  ['a minute that its end is past', changed({ exp: nowSeconds - 59 }), {}],
  ['a minute before it begins', changed({ nbf: nowSeconds + 59, iat: nowSeconds + 59 }), {}],
  ['the type of RFC 9068', headed({ typ: 'at+jwt' }), {}],
  ['no type', headed({ typ: undefined }), {}],
  ['a thumbprint of the key, as version 1 has', headed({ x5t: keyId }), {}],
  ['many groups', changed({ groups: Array.from({ length: 200 }, () => otherTenant) }), {}],
  ['an application', program(), { id: programId, name: programId, isApplication: true }],
  ['an application with roles', program({ claims: { roles: ['Audit.Read'] } }), { roles: ['Audit.Read'] }],
  [
    'an application that only its roles tell',
    program({ claims: { idtyp: undefined, roles: ['Audit.Read'] } }),
    { isApplication: true },
  ],
  [
    'a managed identity',
    program({ claims: { xms_mirid: '/subscriptions/x' } }),
    { identityOf: '/subscriptions/x', isApplication: true },
  ],
];

describe('a forged or broken token', () => {
  it('is one of at least forty, each of its own', () => {
    expect(forged.length).toBeGreaterThan(60);
    expect(new Set(forged.map(([, token]) => token)).size).toBe(forged.length);
  });

  it.each(forged)('with %s is refused', async (_, token) => {
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
  });
});

describe('a good token', () => {
  it.each(accepted)('of or with %s is accepted', async (_, token, caller) => {
    await expect(verifier.verify(token)).resolves.toMatchObject({ tenantId, ...caller });
  });

  it('of a person is no machine’s identity, whatever it says', async () => {
    const caller = await verifier.verify(changed({ xms_mirid: '/subscriptions/x' }));
    expect(caller).not.toHaveProperty('identityOf');
  });
});
