import { asServiceBusError } from '../service-bus-error.ts';
import { type DecodedMessage, type Delivery, messageCodec, type Sender, types } from '../wire/rhea.ts';
import type { LinkNode } from './node.ts';

/** Answers of the request and response nodes (`$cbs`, `$management`) of one connection. */
export interface ReplyLinks {
  /** A peer's receiving link on a node. */
  add(nodeAddress: string, link: Sender): LinkNode;
  /** Sends the answer to the request that came over the node. */
  reply(nodeAddress: string, request: DecodedMessage, answer: Reply): void;
  refuse(nodeAddress: string, request: DecodedMessage, error: unknown): void;
}

interface Reply {
  status: number;
  description: string;
  condition?: string;
  body?: unknown;
}

/** Settle mode of the sending side in which the peer wants to settle every message itself. */
const unsettledMode = 0;

/** The management specification and the service spell these keys differently, and clients read either. */
function statusProperties({ status, description, condition }: Reply): Record<string, unknown> {
  const code = types.wrap_int(status);
  const symbol = condition === undefined ? undefined : types.wrap_symbol(condition);
  return {
    statusCode: code,
    'status-code': code,
    statusDescription: description,
    'status-description': description,
    ...(symbol && { errorCondition: symbol, 'error-condition': symbol }),
  };
}

export function createReplyLinks(): ReplyLinks {
  const links = new Map<Sender, string>();

  const find = (nodeAddress: string, replyTo: string | undefined): Sender | undefined => {
    const candidates = [...links.keys()];
    return (
      candidates.find(
        (link) => replyTo !== undefined && (link.target?.address === replyTo || link.name === replyTo),
      ) ??
      // The SDK for Python names no reply address and has one link per node.
      candidates.findLast((link) => links.get(link) === nodeAddress)
    );
  };

  const replies: ReplyLinks = {
    add(nodeAddress, link) {
      links.set(link, nodeAddress);
      link.set_source({ address: nodeAddress });
      return {
        onGone: () => void links.delete(link),
        onOutcome(delivery: Delivery) {
          delivery.update(true, undefined);
          delivery.remote_settled = true;
        },
      };
    },
    reply(nodeAddress, request, answer) {
      const link = find(nodeAddress, request.reply_to);
      if (!link) return;
      const bytes = messageCodec.encode({
        correlation_id: request.message_id,
        application_properties: statusProperties(answer),
        body: answer.body,
      });
      const delivery = link.send(bytes, undefined, 0);
      if (link.snd_settle_mode !== unsettledMode) delivery.settled = true;
    },
    refuse(nodeAddress, request, error) {
      const { status, message, condition } = asServiceBusError(error);
      replies.reply(nodeAddress, request, { status, description: message, condition });
    },
  };
  return replies;
}
