import type { Source } from '../broker/namespace.ts';
import type { SessionRequest } from '../broker/session-queue.ts';
import { standardTier } from '../limits.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import { toTicks } from '../wire/dotnet.ts';
import { type Sender, types } from '../wire/rhea.ts';
import { asAmqpError, type LinkNode } from './node.ts';
import { createOutgoingLink, type OutgoingOptions } from './outgoing-link.ts';

const sessionFilter = 'com.microsoft:session-filter';
const lockedUntil = 'com.microsoft:locked-until-utc';
const timeout = 'com.microsoft:timeout';
/** The service answers a wait for a session no later than this, whatever the client asked for. */
const longestWaitMs = 65_000;

/** The session that a link asks for: a name, null for any, undefined when it asks for none. */
function sessionWanted(link: Sender): string | null | undefined {
  const filter = link.source?.filter;
  if (!filter || !Object.hasOwn(filter, sessionFilter)) return undefined;
  const value = filter[sessionFilter];
  const plain = value !== null && typeof value === 'object' && 'value' in value ? value.value : value;
  return typeof plain === 'string' ? plain : null;
}

function waitOf(link: Sender): number {
  const asked = Number(link.properties?.[timeout]);
  return Number.isFinite(asked) && asked >= 0 ? Math.min(asked, longestWaitMs) : standardTier.sessionWaitMs;
}

function requireFit({ sessions, mailbox }: Source, wanted: string | null | undefined): void {
  if (mailbox.settings().forwardTo !== undefined)
    throw new ServiceBusError(
      'not_allowed',
      `A message receiver cannot be created on '${mailbox.path}', which forwards what arrives there.`,
    );
  if (sessions && wanted === undefined)
    throw new ServiceBusError(
      'not_allowed',
      'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.',
    );
  if (!sessions && wanted !== undefined)
    throw new ServiceBusError(
      'not_allowed',
      `A sessionful message receiver cannot be created on '${mailbox.path}'.`,
    );
}

/**
 * rhea answers an attach by itself. A receiver that asks for any session is answered only when there is one, so
 * the answer that rhea has queued is taken back here and given later by opening the link again.
 */
function holdAnswer(link: Sender): void {
  link.state.local_open = false;
  link.state.open_requests -= 1;
}

/** Attaches a receiver to its mailbox; throws the reason when the service would refuse the link. */
export function attachReceiver(options: OutgoingOptions): LinkNode {
  const { link, path, source } = options;
  const { mailbox, sessions } = source;
  const wanted = sessionWanted(link);
  const { consumer, node } = createOutgoingLink(options);
  requireFit(source, wanted);
  if (!sessions || wanted === undefined) {
    link.set_source({ address: path });
    mailbox.consumers.add(consumer);
    return node;
  }
  let isHeld = false;
  const request: SessionRequest = {
    consumer,
    accepted(sessionId, until) {
      link.set_source({ address: path, filter: { [sessionFilter]: sessionId } });
      link.local.attach.properties = { [lockedUntil]: types.wrap_long(toTicks(until)) };
      if (isHeld) link.open();
    },
    refused(reason) {
      mailbox.consumers.delete(consumer);
      if (isHeld) link.open();
      link.close(asAmqpError(reason));
    },
  };
  mailbox.consumers.add(consumer);
  try {
    if (wanted !== null) sessions.accept(wanted, request);
    else sessions.acceptNext(request, waitOf(link));
  } catch (error) {
    mailbox.consumers.delete(consumer);
    throw error;
  }
  if (sessions.locks.sessionOf(consumer) === undefined) {
    isHeld = true;
    holdAnswer(link);
  }
  return node;
}
