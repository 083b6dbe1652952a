import type { ConnectionClaims } from '../access/connection-claims.ts';
import type { Namespace } from '../broker/namespace.ts';
import { parseMessage, splitBatch } from '../wire/message.ts';
import { type Delivery, messageCodec } from '../wire/rhea.ts';
import { asAmqpError, type LinkNode } from './node.ts';
import type { Operations } from './operations.ts';

/** Format of a transfer whose data sections are whole messages (Service Bus protocol guide, "batches"). */
const batchFormat = 0x80013700;

interface IncomingOptions {
  path: string;
  namespace: Namespace;
  claims: ConnectionClaims;
  operations: Operations;
}

/** The end of a sender's link: messages are committed, then accepted, or rejected with the service's condition. */
export function createIncomingLink({ path, namespace, claims, operations }: IncomingOptions): LinkNode {
  const requireAuthorized = () => claims.require(path, 'Send');
  requireAuthorized();
  namespace.requireTarget(path);

  const accept = (bytes: Buffer, format: number | null) => {
    requireAuthorized();
    const messages = format === batchFormat ? splitBatch(bytes).map(parseMessage) : [parseMessage(bytes)];
    namespace.send(namespace.requireTarget(path), messages);
  };

  const settle = (delivery: Delivery, outcome: unknown) => delivery.update(true, outcome);

  return {
    requireAuthorized,
    onMessage(bytes, delivery) {
      const work = () => {
        accept(bytes, delivery.format);
        settle(delivery, messageCodec.accepted().described());
      };
      operations.run('send', work, (reason) =>
        settle(delivery, messageCodec.rejected({ error: asAmqpError(reason) }).described()),
      );
    },
  };
}
