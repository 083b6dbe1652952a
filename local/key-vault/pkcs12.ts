import { createHmac, createPrivateKey, randomBytes } from 'node:crypto';
import forge from 'node-forge';

/** What a PKCS#12 file holds (RFC 7292). */
export interface Pkcs12Content {
  /** PKCS#8 PEM. */
  privateKey: string;
  /** DER, in the order of the file. */
  certificates: readonly Buffer[];
}

const { asn1 } = forge;
const { Class, Type } = asn1;
const { oids } = forge.pki;
type Node = forge.asn1.Asn1;

const macIterations = 2048;
/** Derivations run in this process: a file may not ask for more than this. */
const maxIterations = 30_000;

const binary = (bytes: Buffer) => bytes.toString('latin1');
const derOf = (node: Node) => Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
const sequence = (...members: Node[]) => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, members);
const set = (...members: Node[]) => asn1.create(Class.UNIVERSAL, Type.SET, true, members);
const octets = (bytes: Buffer) => asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, binary(bytes));
const integer = (value: number) =>
  asn1.create(Class.UNIVERSAL, Type.INTEGER, false, asn1.integerToDer(value).getBytes());
const explicit = (content: Node) => asn1.create(Class.CONTEXT_SPECIFIC, 0, true, [content]);
const oid = (name: string) =>
  asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(oids[name] ?? name).getBytes());

/** ContentInfo of type `data` around SafeContents (RFC 7292 section 4.1). */
const dataOf = (content: Node) => sequence(oid('data'), explicit(octets(derOf(content))));

/** Ties the leaf to its key (PKCS#9 `localKeyId`). */
const localKeyId = set(sequence(oid('localKeyId'), set(octets(Buffer.from([1])))));

const bag = (type: string, content: Node, attributes?: Node) =>
  sequence(oid(type), explicit(content), ...(attributes ? [attributes] : []));

/**
 * Key and chain as PKCS#12 with an empty password, as the secret of a certificate holds it: the key encrypted by
 * PBES2 with AES-256, the certificates in the clear, a MAC with SHA-256 over both. RSA and EC alike.
 */
export function writePkcs12(privateKeyPem: string | undefined, chain: readonly Buffer[]): Buffer {
  const certificateBags = chain.map((der, index) =>
    bag(
      'certBag',
      sequence(oid('x509Certificate'), explicit(octets(der))),
      index === 0 && privateKeyPem ? localKeyId : undefined,
    ),
  );
  const contents = [dataOf(sequence(...certificateBags))];
  if (privateKeyPem) {
    const encrypted = createPrivateKey(privateKeyPem).export({
      type: 'pkcs8',
      format: 'der',
      cipher: 'aes-256-cbc',
      passphrase: '',
    });
    const shrouded = asn1.fromDer(binary(encrypted));
    contents.unshift(dataOf(sequence(bag('pkcs8ShroudedKeyBag', shrouded, localKeyId))));
  }
  const safe = derOf(sequence(...contents));
  const salt = randomBytes(8);
  const macKey = forge.pkcs12.generateKey(
    '',
    forge.util.createBuffer(binary(salt)),
    3,
    macIterations,
    32,
    forge.md.sha256.create(),
  );
  const mac = createHmac('sha256', Buffer.from(macKey.getBytes(), 'latin1')).update(safe).digest();
  const sha256 = sequence(oid('sha256'), asn1.create(Class.UNIVERSAL, Type.NULL, false, ''));
  return derOf(
    sequence(
      integer(3),
      sequence(oid('data'), explicit(octets(safe))),
      sequence(sequence(sha256, octets(mac)), octets(salt), integer(macIterations)),
    ),
  );
}

const childrenOf = (node: Node): Node[] => (Array.isArray(node.value) ? node.value : []);
const textOf = (node: Node): string => (typeof node.value === 'string' ? node.value : '');

/** The authenticated safe is DER inside an octet string; a salt or a ciphertext is none. */
function parseNested(text: string): Node | undefined {
  if (!text.startsWith('\x30')) return undefined;
  try {
    return asn1.fromDer(text);
  } catch {
    return undefined;
  }
}

/** Refuses parameters of key derivation (salt and count, in MAC, PBES1 and PBES2) that would take too long. */
function requireBoundedIterations(node: Node, depth = 0): void {
  if (depth > 24) throw new Error('nested too deeply');
  const children = childrenOf(node);
  for (const [index, child] of children.entries()) {
    const count = children[index + 1];
    if (child.type === Type.OCTETSTRING && count?.type === Type.INTEGER) {
      const digits = Buffer.from(textOf(count), 'latin1');
      if (digits.length > 4 || digits.readUIntBE(0, digits.length) > maxIterations)
        throw new Error('too many iterations');
    }
    requireBoundedIterations(child, depth + 1);
    const nested = child.type === Type.OCTETSTRING ? parseNested(textOf(child)) : undefined;
    if (nested) requireBoundedIterations(nested, depth + 1);
  }
}

function privateKeyOf({ key, asn1: raw }: forge.pkcs12.Bag): string {
  // The library knows RSA alone and hands over the rest as it is.
  const info = key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key)) : raw;
  return createPrivateKey({ key: derOf(info), format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

/** Reads one key and its certificates; throws when there is none of either, or the password does not fit. */
export function readPkcs12(der: Buffer, password: string): Pkcs12Content {
  const file = asn1.fromDer(binary(der));
  requireBoundedIterations(file);
  const content = forge.pkcs12.pkcs12FromAsn1(file, false, password);
  const bags = content.safeContents.flatMap(({ safeBags }) => safeBags);
  const keys = bags.filter(({ type }) => type === oids['keyBag'] || type === oids['pkcs8ShroudedKeyBag']);
  const certificates = bags
    .filter(({ type }) => type === oids['certBag'])
    .map(({ cert, asn1: raw }) => derOf(cert ? forge.pki.certificateToAsn1(cert) : raw));
  const [key] = keys;
  if (!key || keys.length > 1 || certificates.length === 0)
    throw new Error('a PKCS#12 file needs one key and its certificate');
  return { privateKey: privateKeyOf(key), certificates };
}
