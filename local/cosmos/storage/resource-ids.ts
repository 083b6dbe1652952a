/**
 * Resource ids as the service builds them, because clients take them apart: four bytes for a database, four
 * more for a container (whose first bit is set) and eight more for a document; base64 with `-` for `/`.
 */
function encode(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('/', '-');
}

function containerBytes(database: number, container: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(database, 0);
  bytes.writeUInt32BE(0x80000000 + container, 4);
  return bytes;
}

export function databaseResourceId(database: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(database, 0);
  return encode(bytes);
}

export function containerResourceId(database: number, container: number): string {
  return encode(containerBytes(database, container));
}

export function documentResourceId(database: number, container: number, place: number): string {
  const own = Buffer.alloc(8);
  own.writeBigUInt64LE(BigInt(place), 0);
  return encode(Buffer.concat([containerBytes(database, container), own]));
}
