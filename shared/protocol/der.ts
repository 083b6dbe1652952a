/** One element of DER (X.690): definite lengths in their shortest form, single-byte tags. */
export interface DerElement {
  tag: number;
  /** Content alone, and with its header in front. */
  body: Buffer;
  whole: Buffer;
}

export const derTags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  sequence: 0x30,
  set: 0x31,
  /** `[0]`, constructed. */
  context0: 0xa0,
  /** `[3]`, constructed. */
  context3: 0xa3,
  /** `[0]`, primitive: a key identifier of a certificate's authority. */
  keyId: 0x80,
  /** `[2]`, primitive: a DNS name among general names. */
  context2: 0x82,
} as const;

/** Where the content starts and ends. Lengths of three bytes and more are beyond anything that is read here. */
function boundsAt(bytes: Buffer, at: number): { start: number; end: number } {
  const first = bytes[at + 1];
  if (first === undefined) throw new Error('ends within an element');
  const start = at + 2 + (first < 0x80 ? 0 : first - 0x80);
  if (first === 0x80 || first > 0x82 || start > bytes.length) throw new Error('has a length that is not DER');
  const length = first < 0x80 ? first : bytes.readUIntBE(at + 2, first - 0x80);
  const shortest = first < 0x80 ? 0 : first === 0x81 ? 0x80 : 0x100;
  if (length < shortest || start + length > bytes.length) throw new Error('has a length that is not DER');
  return { start, end: start + length };
}

/** The elements that fill these bytes, one after the other. Throws a sentence without a subject when they do not. */
export function readDer(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    if ((tag & 0x1f) === 0x1f) throw new Error('has a tag that is not expected');
    const { start, end } = boundsAt(bytes, at);
    elements.push({ tag, body: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

/** The elements, when they have exactly these tags. */
export function readFields<const T extends readonly number[]>(
  bytes: Buffer,
  tags: T,
): { [K in keyof T]: DerElement } {
  const elements = readDer(bytes);
  if (elements.length !== tags.length || elements.some(({ tag }, index) => tag !== tags[index]))
    throw new Error('has another structure');
  return elements as { [K in keyof T]: DerElement };
}
