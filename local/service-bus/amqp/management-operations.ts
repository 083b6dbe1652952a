import type { Namespace, Source } from '../broker/namespace.ts';
import { loseLock, requireLocked, type Settlement, settle } from '../broker/settlement.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import type { Right } from '../store/entity-store.ts';
import type { StoredMessage } from '../store/message-store.ts';
import { swapGuidOrder } from '../wire/dotnet.ts';
import { encodeForDelivery, parseMessage } from '../wire/message.ts';
import { arrayOf, types } from '../wire/rhea.ts';
import {
  findText,
  integerOf,
  nestedValue,
  type RequestBody,
  requireArray,
  requireBytes,
  requireInteger,
  requireText,
} from './management-values.ts';
import { ruleOperations } from './rule-operations.ts';

export interface ManagementContext {
  namespace: Namespace;
  /** Path of the entity whose `$management` node was asked. */
  path: string;
}

export interface Operation {
  right: Right;
  /** Answers the body, or undefined for "no content". */
  run(context: ManagementContext, body: RequestBody): Record<string, unknown> | undefined;
}

const longestPage = 250;
const tokensOf = (body: RequestBody) =>
  requireArray(body, 'lock-tokens').map((token) => swapGuidOrder(requireBytes(token, 'lock-tokens')));
const sequencesOf = (body: RequestBody) =>
  requireArray(body, 'sequence-numbers').map((value) => integerOf(value, 'sequence-numbers'));
const sourceOf = ({ namespace, path }: ManagementContext): Source => namespace.source(path);

const messageNotFound = (sequence: number) =>
  new ServiceBusError('message_not_found', `Failed to find the message with sequence number ${sequence}.`);

function requireState(message: StoredMessage | undefined, state: string, sequence: number): StoredMessage {
  if (message?.state !== state) throw messageNotFound(sequence);
  return message;
}

function requireSessions({ sessions, mailbox }: Source) {
  if (!sessions) throw new ServiceBusError('not_allowed', `'${mailbox.path}' does not require sessions.`);
  return sessions;
}

function requireHeldSession(context: ManagementContext, body: RequestBody) {
  const source = sourceOf(context);
  const sessionId = requireText(body, 'session-id');
  requireSessions(source).locks.require(sessionId, source.mailbox.now());
  return { mailbox: source.mailbox, sessionId };
}

const shown = (message: StoredMessage): Buffer => {
  const state = message.state === 'locked' ? 'active' : message.state;
  return encodeForDelivery(message, { ...message, state, lockedUntil: undefined });
};

function settlementFor(body: RequestBody): Settlement {
  const status = requireText(body, 'disposition-status');
  const properties = Object.entries((body['properties-to-modify'] ?? {}) as Record<string, unknown>).map(
    ([key, value]) => [key, types.wrap(value)] as const,
  );
  if (status === 'completed') return { kind: 'complete' };
  if (status === 'abandoned') return { kind: 'abandon', properties };
  // The service spells it so, with one r.
  if (status === 'defered' || status === 'deferred') return { kind: 'defer', properties };
  if (status !== 'suspended')
    throw new ServiceBusError('argument', `The disposition status '${status}' is unknown.`);
  const [reason, description] = [
    findText(body, 'deadletter-reason'),
    findText(body, 'deadletter-description'),
  ];
  return { kind: 'dead-letter', cause: { reason, description, properties } };
}

/** An operation's name as calls are counted and faults are set. */
export const countedName = (operation: string): string => operation.replace('com.microsoft:', '');

/** Ends the locks that a request names, of messages or of a session, before it is answered. */
export function loseLocks(context: ManagementContext, body: RequestBody): void {
  const source = sourceOf(context);
  if (body['lock-tokens'] !== undefined) for (const token of tokensOf(body)) loseLock(source, token);
  const sessionId = findText(body, 'session-id');
  if (sessionId !== undefined) source.sessions?.lose(sessionId);
}

/** Operations of an entity's `$management` node, by name (learn.microsoft.com, "AMQP request-response operations"). */
export const managementOperations: Readonly<Record<string, Operation>> = {
  ...ruleOperations,
  'com.microsoft:renew-lock': {
    right: 'Listen',
    run(context, body) {
      const { mailbox, sessions } = sourceOf(context);
      const expirations = tokensOf(body).map((token) => {
        const message = requireLocked(mailbox, sessions?.locks, token);
        return mailbox.renew(message, token);
      });
      return { expirations: types.wrap_array(expirations, arrayOf.timestamp) };
    },
  },
  'com.microsoft:peek-message': {
    right: 'Listen',
    run(context, body) {
      const { mailbox } = sourceOf(context);
      const count = Math.min(requireInteger(body, 'message-count'), longestPage);
      const from = requireInteger(body, 'from-sequence-number');
      const page = mailbox.store.page(mailbox.id, from, count, findText(body, 'session-id'));
      if (page.length === 0) return undefined;
      const messages = page.map((message) => types.wrap_map({ message: types.wrap_binary(shown(message)) }));
      return { messages: types.wrap_list(messages) };
    },
  },
  'com.microsoft:schedule-message': {
    right: 'Send',
    run({ namespace, path }, body) {
      const messages = requireArray(body, 'messages').map((entry) =>
        parseMessage(requireBytes(nestedValue(entry, 'message'), 'message')),
      );
      const sequences = namespace.send(namespace.requireTarget(path), messages);
      return { 'sequence-numbers': types.wrap_array(sequences, arrayOf.long) };
    },
  },
  'com.microsoft:cancel-scheduled-message': {
    right: 'Send',
    run(context, body) {
      const { mailbox } = sourceOf(context);
      for (const sequence of sequencesOf(body)) {
        requireState(mailbox.store.find(mailbox.id, sequence), 'scheduled', sequence);
        mailbox.store.remove(mailbox.id, sequence);
      }
      return {};
    },
  },
  'com.microsoft:receive-by-sequence-number': {
    right: 'Listen',
    run(context, body) {
      const { mailbox, sessions } = sourceOf(context);
      const takesForGood = requireInteger(body, 'receiver-settle-mode') === 0;
      const messages: unknown[] = [];
      for (const sequence of sequencesOf(body)) {
        const message = requireState(mailbox.store.find(mailbox.id, sequence), 'deferred', sequence);
        const heldUntil = sessions?.locks.require(message.sessionId ?? '', mailbox.now()).until;
        const deliver = (_: StoredMessage, lock: { token: Buffer; until: number } | undefined) => {
          const facts = { ...message, state: 'deferred' as const, lockedUntil: lock?.until };
          const bytes = types.wrap_binary(encodeForDelivery(message, facts));
          const token = lock && { 'lock-token': types.wrap_uuid(swapGuidOrder(lock.token)) };
          messages.push(types.wrap_map({ ...token, message: bytes }));
        };
        mailbox.hand({ takesForGood, credit: () => 1, deliver, close: () => {} }, message, heldUntil);
      }
      return { messages: types.wrap_list(messages) };
    },
  },
  'com.microsoft:update-disposition': {
    right: 'Listen',
    run(context, body) {
      const { mailbox, sessions } = sourceOf(context);
      const settlement = settlementFor(body);
      for (const token of tokensOf(body))
        settle(mailbox, requireLocked(mailbox, sessions?.locks, token), settlement);
      return {};
    },
  },
  'com.microsoft:renew-session-lock': {
    right: 'Listen',
    run: (context, body) => {
      const until = requireSessions(sourceOf(context)).renew(requireText(body, 'session-id'));
      return { expiration: types.wrap_timestamp(until) };
    },
  },
  'com.microsoft:get-session-state': {
    right: 'Listen',
    run(context, body) {
      const { mailbox, sessionId } = requireHeldSession(context, body);
      const state = mailbox.store.sessionState(mailbox.id, sessionId);
      return { 'session-state': state ? types.wrap_binary(state) : null };
    },
  },
  'com.microsoft:set-session-state': {
    right: 'Listen',
    run(context, body) {
      const { mailbox, sessionId } = requireHeldSession(context, body);
      const state = body['session-state'];
      const bytes = state === null || state === undefined ? undefined : requireBytes(state, 'session-state');
      mailbox.store.setSessionState(mailbox.id, sessionId, bytes);
      return {};
    },
  },
};
