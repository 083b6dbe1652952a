import { standardTier } from '../limits.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import { skipValue } from './well-formed.ts';

const protocolHeaderBytes = 8;
const protocolName = Buffer.from('AMQP');
const framing = (what: string) => new ServiceBusError('framing', what);

function requireFrame(frame: Buffer): void {
  const bodyAt = frame.readUInt8(4) * 4;
  if (bodyAt < 8 || bodyAt > frame.length) throw framing('The AMQP frame has a wrong data offset.');
  if (bodyAt === frame.length) return;
  if (frame[bodyAt] !== 0) throw framing('The AMQP frame holds no performative.');
  skipValue(frame, bodyAt, frame.length);
}

/**
 * Cuts a byte stream into protocol headers and frames, hands each on whole, and throws on the first one that
 * is too large or malformed: nothing behind it ever sees an unchecked length.
 */
export function createFrameGate(pass: (unit: Buffer) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    let rest = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (rest.length >= protocolHeaderBytes) {
      const isHeader = rest.subarray(0, 4).equals(protocolName);
      const size = isHeader ? protocolHeaderBytes : rest.readUInt32BE(0);
      if (size < protocolHeaderBytes || size > standardTier.frameBytes)
        throw framing(`An AMQP frame of ${size} bytes is outside of 8 to ${standardTier.frameBytes}.`);
      if (rest.length < size) break;
      const unit = rest.subarray(0, size);
      if (!isHeader) requireFrame(unit);
      pass(unit);
      rest = rest.subarray(size);
    }
    held = rest;
  };
}
