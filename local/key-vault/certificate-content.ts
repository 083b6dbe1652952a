import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { parseCertificate } from './certificate-chain.ts';
import { pemContentType, pfxContentType } from './certificate-policy.ts';
import { pkcs8 } from './key-material.ts';
import { readPkcs12 } from './pkcs12.ts';
import { badParameter } from './vault-error.ts';

interface ImportedCertificate {
  /** PKCS#8 PEM. */
  privateKey: string;
  certificates: X509Certificate[];
}

const unexpectedPem =
  'The specified PEM X.509 certificate content is in an unexpected format. ' +
  'Please check if certificate is in valid PEM format.';
const unexpectedPkcs12 =
  'The specified PKCS#12 X.509 certificate content can not be read. ' +
  'Please check if certificate is in valid PKCS#12 format and the password is right.';

function keyOfPem(pem: string): string {
  try {
    return pkcs8(createPrivateKey(pem));
  } catch {
    throw badParameter(unexpectedPem);
  }
}

/** PEM text with one unencrypted PKCS#8 key and its certificates. */
function parsePem(text: string): ImportedCertificate {
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g) ?? [];
  const keys = blocks.filter((block) => block.startsWith('-----BEGIN PRIVATE KEY-----'));
  const certificates = blocks.filter((block) => block.startsWith('-----BEGIN CERTIFICATE-----'));
  const [key] = keys;
  const isWhole = keys.length === 1 && certificates.length > 0;
  if (!key || !isWhole || keys.length + certificates.length < blocks.length)
    throw badParameter(unexpectedPem);
  return { privateKey: keyOfPem(key), certificates: certificates.map((pem) => parseCertificate(pem)) };
}

function parsePkcs12(base64: string, password: string): ImportedCertificate {
  let content: ReturnType<typeof readPkcs12>;
  try {
    content = readPkcs12(Buffer.from(base64, 'base64'), password);
  } catch {
    throw badParameter(unexpectedPkcs12);
  }
  return {
    privateKey: content.privateKey,
    certificates: content.certificates.map((der) => parseCertificate(der)),
  };
}

/** For clients that name no content type: PEM is plain text, PKCS#12 comes in base64. */
export const contentTypeOf = (value: string): string =>
  value.includes('-----BEGIN ') ? pemContentType : pfxContentType;

/** Reads what `import` is given, in the format of the policy's content type: PEM text, or PKCS#12 in base64. */
export const parseImport = (value: string, password: string, contentType: string): ImportedCertificate =>
  contentType === pemContentType ? parsePem(value) : parsePkcs12(value, password);
