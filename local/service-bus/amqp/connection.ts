import type { Clock } from '#local/kit/clock.ts';
import type { Authorization } from '../access/authorization.ts';
import { createConnectionClaims } from '../access/connection-claims.ts';
import type { Namespace } from '../broker/namespace.ts';
import { standardTier } from '../limits.ts';
import { asServiceBusError, messageTooLarge, ServiceBusError } from '../service-bus-error.ts';
import {
  type ByteChannel,
  type Connection,
  type Link,
  type LinkContext,
  messageCodec,
  type Sender,
} from '../wire/rhea.ts';
import { claimsAddress, createClaimsNode } from './claims-node.ts';
import { createIncomingLink } from './incoming-link.ts';
import { createManagementNode, managementSuffix } from './management-node.ts';
import { asAmqpError, type LinkNode } from './node.ts';
import type { Operations } from './operations.ts';
import { attachReceiver } from './receiver-attach.ts';
import { createReplyLinks } from './reply-links.ts';
import { takeTransfersRaw } from './transfer-limits.ts';

export interface ConnectionOptions {
  namespaceName: string;
  namespace: Namespace;
  authorization: Authorization;
  clock: Clock;
  operations: Operations;
}

const outcomes = ['accepted', 'rejected', 'released', 'modified'];
const hostInAddress = /^[a-z]+:\/\/[^/]+/i;

/** A link's address as a path of this namespace: .NET clients begin it with a slash, some with the whole URL. */
const pathOf = (address: string | null | undefined): string =>
  (address ?? '').replace(hostInAddress, '').replaceAll(/^\/+|\/+$/g, '');

/**
 * Wires one AMQP connection to the broker: links to nodes, events to links. Answers what must be called when
 * the channel is gone (rhea says nothing when it goes after an orderly close).
 */
export function serveConnection(
  connection: Connection,
  channel: ByteChannel,
  options: ConnectionOptions,
): () => void {
  const { namespace, clock, operations } = options;
  const nodes = new Map<Link, LinkNode>();
  const replies = createReplyLinks();
  const claims = createConnectionClaims(clock, () => closeUncovered());

  const forget = (link: Link) => {
    const node = nodes.get(link);
    nodes.delete(link);
    node?.onGone?.();
  };

  const closeUncovered = () => {
    for (const [link, node] of nodes)
      try {
        node.requireAuthorized?.();
      } catch (error) {
        node.onGone?.();
        link.close(asAmqpError(asServiceBusError(error)));
      }
  };

  /** The reply to an attach repeats the peer's settle modes: the SDK for .NET takes over what it is told. */
  const echoModes = (link: Link) => {
    link.local.attach.snd_settle_mode = link.snd_settle_mode;
    link.local.attach.rcv_settle_mode = link.rcv_settle_mode;
    link.local.attach.max_message_size = standardTier.messageBytes;
  };

  const openReceivingNode = (link: Link): LinkNode => {
    const path = pathOf(link.target?.address);
    if (!link.target)
      throw new ServiceBusError('not_implemented', 'The local Service Bus lacks transactions.');
    if (path === claimsAddress)
      return createClaimsNode({ ...options, namespace: options.namespaceName, claims, replies });
    if (path.toLowerCase().endsWith(managementSuffix)) {
      const entity = path.slice(0, -managementSuffix.length);
      return createManagementNode({
        namespace,
        claims,
        replies,
        operations,
        address: path.toLowerCase(),
        path: entity,
      });
    }
    return createIncomingLink({ path, namespace, claims, operations });
  };

  const openSendingNode = (link: Sender): LinkNode => {
    const path = pathOf(link.source?.address);
    if (path === claimsAddress || path.toLowerCase().endsWith(managementSuffix))
      return replies.add(path.toLowerCase(), link);
    const source = namespace.source(path);
    namespace.touch(source.live);
    const node = attachReceiver({ link, path, source, claims, operations });
    const onGone = () => {
      node.onGone?.();
      namespace.touch(source.live);
    };
    return { ...node, onGone };
  };

  const open = (link: Link, create: () => LinkNode) => {
    echoModes(link);
    try {
      operations.require('attach');
      nodes.set(link, create());
      // A refused link is answered without a terminus of its own (AMQP 1.0 part 2, section 2.6.3).
      link.set_target({ address: link.target?.address ?? null });
      if (!link.is_sender()) link.set_source({ address: link.source?.address ?? null });
    } catch (error) {
      link.close(asAmqpError(asServiceBusError(error)));
    }
  };

  /**
   * rhea tells outcomes on the next tick and a close at once, so a peer that settles and closes in one breath (Qpid
   * Proton does) would lose what it settled.
   */
  const takeOutcomes = ({ outgoing }: Link['session']) => {
    const { updated } = outgoing;
    outgoing.updated = [];
    for (const delivery of updated)
      if (delivery.remote_state) nodes.get(delivery.link)?.onOutcome?.(delivery);
  };

  const end = () => {
    claims.stop();
    for (const { session } of nodes.keys()) takeOutcomes(session);
    for (const link of nodes.keys()) forget(link);
  };

  const on = (event: string, handler: (context: LinkContext) => void) =>
    connection.on(event, (context: LinkContext) => {
      try {
        handler(context);
      } catch (error) {
        connection.close(asAmqpError(asServiceBusError(error)));
      }
    });

  const limits = takeTransfersRaw(connection, (link) => nodes.has(link));
  on('receiver_open', ({ receiver }) => receiver && open(receiver, () => openReceivingNode(receiver)));
  on('sender_open', ({ sender }) => sender && open(sender, () => openSendingNode(sender)));
  on('receiver_close', ({ receiver }) => receiver && forget(receiver));
  on('sender_close', ({ sender }) => {
    if (!sender) return;
    takeOutcomes(sender.session);
    forget(sender);
  });
  on('message', ({ receiver, message, delivery }) => {
    const node = receiver && nodes.get(receiver);
    if (!node || !message || !delivery) return;
    const size = limits.takeOversize(receiver);
    if (size === undefined) return node.onMessage?.(message, delivery);
    const error = asAmqpError(messageTooLarge(size));
    delivery.update(true, messageCodec.rejected({ error }).described());
  });
  for (const outcome of outcomes)
    on(outcome, ({ sender, delivery }) => {
      if (sender && delivery) nodes.get(sender)?.onOutcome?.(delivery);
    });
  on('sendable', ({ sender }) => {
    if (!sender) return;
    // What was settled before the credit was given is back in its place before the next message goes.
    takeOutcomes(sender.session);
    nodes.get(sender)?.onCredit?.();
  });
  on('sender_draining', ({ sender }) => {
    if (!sender) return;
    nodes.get(sender)?.onCredit?.();
    sender.set_drained(true);
  });
  on('session_close', ({ session }) => {
    if (session) takeOutcomes(session);
    for (const link of nodes.keys()) if (link.session === session) forget(link);
  });
  for (const event of ['connection_close', 'disconnected']) on(event, end);
  for (const event of ['error', 'protocol_error']) on(event, () => channel.destroy());
  // A listener each, or rhea would raise them as errors of the container.
  for (const event of ['connection_error', 'session_error', 'sender_error', 'receiver_error'])
    on(event, () => {});
  connection.accept(channel);
  return end;
}
