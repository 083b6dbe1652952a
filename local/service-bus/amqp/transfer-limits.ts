import { standardTier } from '../limits.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import type { Connection, Link, TransferFrame } from '../wire/rhea.ts';

/** rhea decodes transfers of format 0 by itself and trusts them; of any other format it hands over the bytes. */
const rawFormat = 0x7fff_0000;
/** More deliveries than a session can hold unsettled: a longer range in a disposition is an attack on the loop. */
const longestRange = 65_536;
/** Room for the header and annotations around a message of the largest size, and for the parts of a batch. */
const transferSlack = 16 * 1024;

export interface TransferLimits {
  /** The size of the message that just ended on this link, when it was over the limit: its bytes are gone. */
  takeOversize(link: Link): number | undefined;
}

/**
 * Has a connection hand over messages as bytes, bounds what a message of many transfers can take, and refuses
 * dispositions of absurd ranges. rhea has no setting for any of the three, so its handlers are wrapped.
 */
export function takeTransfersRaw(connection: Connection, isServed: (link: Link) => boolean): TransferLimits {
  const received = new Map<Link, number>();
  const oversize = new Map<Link, number>();
  const { on_transfer: onTransfer, on_disposition: onDisposition, _process: process } = connection;

  const bound = (frame: TransferFrame) => {
    const { channel, performative, payload } = frame;
    const link = connection.remote_channel_map[channel]?.remote.handles[performative.handle];
    if (!link) return;
    const size = (received.get(link) ?? 0) + (payload?.length ?? 0);
    const isTooLarge = size > standardTier.messageBytes + transferSlack;
    if (performative.more) received.set(link, size);
    else {
      received.delete(link);
      if (isTooLarge) oversize.set(link, size);
    }
    // Keeps rhea's count of deliveries in order, but none of the bytes.
    if (isTooLarge || !isServed(link)) frame.payload = Buffer.alloc(0);
  };

  connection.on_transfer = (frame) => {
    bound(frame);
    frame.performative.message_format ||= rawFormat;
    onTransfer.call(connection, frame);
  };
  connection.on_disposition = (frame) => {
    const { first, last } = frame.performative;
    if ((last ?? first) - first > longestRange)
      throw new ServiceBusError('framing', 'The disposition covers more deliveries than a session can hold.');
    onDisposition.call(connection, frame);
  };
  connection._process = () => {
    try {
      process.call(connection);
    } catch (error) {
      // It runs on a tick of its own, where a throw would end the process.
      connection.emit('error', error);
    }
  };
  return {
    takeOversize(link) {
      const size = oversize.get(link);
      oversize.delete(link);
      return size;
    },
  };
}
