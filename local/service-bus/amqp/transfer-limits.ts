import { standardTier } from '../limits.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import type { Connection, Link, TransferFrame } from '../wire/rhea.ts';

/** rhea decodes transfers of format 0 by itself and trusts them; of any other format it hands over the bytes. */
const rawFormat = 0x7fff_0000;
/** More deliveries than a session can hold unsettled: a longer range in a disposition is an attack on the loop. */
const longestRange = 65_536;
/** Room for the header and annotations around a message of the largest size, and for the parts of a batch. */
const transferSlack = 16 * 1024;

export interface LinkRefusal {
  isServed(link: Link): boolean;
  refuse(link: Link, reason: ServiceBusError): void;
}

/**
 * Has a connection hand over messages as bytes, bounds what a message of many transfers can take, and refuses
 * dispositions of absurd ranges. rhea has no setting for any of the three, so its handlers are wrapped.
 */
export function takeTransfersRaw(connection: Connection, links: LinkRefusal): void {
  const received = new Map<Link, number>();
  const { on_transfer: onTransfer, on_disposition: onDisposition, _process: process } = connection;

  const linkOf = ({ channel, performative }: TransferFrame): Link | undefined =>
    connection.remote_channel_map[channel]?.remote.handles[performative.handle];

  const bound = (frame: TransferFrame) => {
    const link = linkOf(frame);
    if (!link) return;
    const size = (received.get(link) ?? 0) + (frame.payload?.length ?? 0);
    if (frame.performative.more) received.set(link, size);
    else received.delete(link);
    if (size > standardTier.messageBytes + transferSlack && links.isServed(link)) {
      const limit = standardTier.messageBytes;
      const description = `The received message exceeds the limit of ${limit} bytes of the link.`;
      links.refuse(link, new ServiceBusError('message_too_large', description));
    }
    // Keep rhea's count of deliveries in order, but none of the bytes.
    if (!links.isServed(link)) frame.payload = Buffer.alloc(0);
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
}
