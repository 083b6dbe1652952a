import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newPrivateKeyPem, signCertificateRequest } from '#agent/certificate-request.ts';
import { checkCertificateRequest } from '#functions/http/certificate-request-check.ts';

const base = `${'m'.repeat(26)}.wac.test`;
const hostNames = [base, `*.${base}`];
const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = (modulusLength: number, hash = 'SHA-256') => ({
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash,
});
const alternativeNames = (...names: string[]) =>
  new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })));

interface Change {
  algorithm?: typeof p256 | ReturnType<typeof rsa>;
  subject?: x509.JsonName;
  extensions?: x509.Extension[];
  attributes?: x509.Attribute[];
}

async function request({ algorithm = p256, subject, extensions, attributes }: Change = {}): Promise<Buffer> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.Pkcs10CertificateRequestGenerator.create(
    {
      ...(subject && { name: subject }),
      keys,
      signingAlgorithm: algorithm,
      extensions: extensions ?? [alternativeNames(...hostNames)],
      ...(attributes && { attributes }),
    },
    webcrypto,
  );
  return Buffer.from(made.rawData);
}

const agentRequest = async (names = hostNames) =>
  Buffer.from(await signCertificateRequest(newPrivateKeyPem(), names), 'base64');
const check = (der: Buffer) => checkCertificateRequest(der, hostNames);

describe('a certificate request', () => {
  it('of an agent is accepted, with the base name as common name', async () => {
    const der = await agentRequest();
    expect(() => check(der)).not.toThrow();
    expect(new x509.Pkcs10CertificateRequest(der).subject).toBe(`CN=${base}`);
  });

  it('for a base name of more than 64 characters has no common name', async () => {
    const long = [`${'m'.repeat(26)}.${'z'.repeat(40)}.test`];
    const der = await agentRequest(long);
    expect(() => checkCertificateRequest(der, long)).not.toThrow();
    expect(new x509.Pkcs10CertificateRequest(der).subject).toBe('');
  });

  it.each<[string, Change]>([
    ['RSA of 2048 bits', { algorithm: rsa(2048) }],
    [
      'names in another order and in capitals',
      { extensions: [alternativeNames(`*.${base}`, base.toUpperCase())] },
    ],
    ['SHA-384', { algorithm: { ...p256, hash: 'SHA-384' } }],
  ])('with %s is accepted', async (_, change) => {
    const der = await request(change);
    expect(() => check(der)).not.toThrow();
  });

  it.each<[string, Change, string]>([
    ['RSA of 1024 bits', { algorithm: rsa(1024) }, 'neither EC P-256 nor RSA'],
    ['P-384', { algorithm: { ...p256, namedCurve: 'P-384' } }, 'neither EC P-256 nor RSA'],
    ['SHA-1', { algorithm: rsa(2048, 'SHA-1') }, 'algorithm that is not accepted'],
    ['the base name alone', { extensions: [alternativeNames(base)] }, 'is not for exactly'],
    [
      'the name of another machine',
      { extensions: [alternativeNames('x.test', '*.x.test')] },
      'is not for exactly',
    ],
    ['one name more', { extensions: [alternativeNames(...hostNames, 'x.test')] }, 'is not for exactly'],
    ['a name twice', { extensions: [alternativeNames(base, base)] }, 'is not for exactly'],
    ['no names', { extensions: [] }, 'has another structure'],
    [
      'an address',
      { extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '10.0.0.1' }])] },
      'no DNS name',
    ],
    [
      'the right to sign certificates',
      { extensions: [alternativeNames(...hostNames), new x509.BasicConstraintsExtension(true)] },
      'has another structure',
    ],
    [
      'another extension instead',
      { extensions: [new x509.BasicConstraintsExtension(true)] },
      'has an extension',
    ],
    ['the common name of another machine', { subject: [{ CN: ['x.test'] }] }, 'common name of another'],
    ['an organisation', { subject: [{ O: ['Contoso'] }] }, 'more than a common name'],
    ['two common names', { subject: [{ CN: [base] }, { CN: ['x.test'] }] }, 'has another structure'],
    ['a password', { attributes: [new x509.ChallengePasswordAttribute('secret')] }, 'has another structure'],
  ])('with %s is refused', async (_, change, message) => {
    const der = await request(change);
    expect(() => check(der)).toThrow(message);
  });

  it('that is signed by another key is refused', async () => {
    const [mine, theirs] = [await agentRequest(), await agentRequest()];
    const end = mine.length - 90;
    const mixed = Buffer.concat([mine.subarray(0, end), theirs.subarray(theirs.length - 90)]);
    expect(() => check(mixed)).toThrow(/^(?:has|is|ends) /);
  });

  it('with anything after it, or without its end, is refused', async () => {
    const der = await agentRequest();
    expect(() => check(Buffer.concat([der, Buffer.from([5, 0])]))).toThrow('has another structure');
    for (let length = 0; length < der.length; length += 1)
      expect(() => check(der.subarray(0, length))).toThrow(/^(?:has|is|ends) /);
  });

  it('of which one bit is another is refused', async () => {
    const der = await agentRequest();
    for (let bit = 0; bit < der.length * 8; bit += 1) {
      const changed = Buffer.from(der);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => check(changed)).toThrow(/^(?:has|is|ends) /);
    }
  });

  it('of random bytes is refused with a sentence', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(() => check(Buffer.from(bytes))).toThrow(/^(?:has|is|ends) /);
      }),
    );
  });
});
