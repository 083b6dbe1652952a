import { expect, it } from 'vitest';
import { messageData } from '#local/functions-host/service-bus/message-data.ts';
import type { BusMessage } from '#local/functions-host/service-bus/message-source.ts';

const message: BusMessage = {
  body: Buffer.from('{}'),
  messageId: 'm',
  sessionId: undefined,
  contentType: undefined,
  correlationId: undefined,
  subject: 's',
  to: undefined,
  replyTo: undefined,
  replyToSessionId: undefined,
  partitionKey: undefined,
  deadLetterSource: undefined,
  lockToken: 't',
  deliveryCount: 1,
  sequenceNumber: 7,
  enqueuedAt: new Date(0),
  expiresAt: undefined,
  applicationProperties: { Kind: 'k' },
};

it('texts are texts, the rest is JSON, and what is absent is left out', () => {
  const { triggerMetadata } = messageData(message, false);
  expect(triggerMetadata).toMatchObject({
    MessageId: { string: 'm' },
    SequenceNumber: { json: '7' },
    EnqueuedTimeUtc: { json: '"1970-01-01T00:00:00.000Z"' },
    ApplicationProperties: { json: '{"Kind":"k"}' },
  });
  expect(triggerMetadata).not.toHaveProperty('SessionId');
});

it('the properties of a JSON body override the metadata of the same name', () => {
  const body = Buffer.from('{"messageId":"forged","extra":1}');
  expect(messageData({ ...message, body }, false).triggerMetadata).toMatchObject({
    MessageId: { string: 'forged' },
    extra: { json: '1' },
  });
});

it.each(['plain', '[1]', '"text"', 'null'])('a body that is no object adds nothing: %s', (text) => {
  const { data, triggerMetadata } = messageData({ ...message, body: Buffer.from(text) }, false);
  expect(data).toEqual({ string: text });
  expect(triggerMetadata['MessageId']).toEqual({ string: 'm' });
});

it('a binary body stays bytes', () => {
  const body = Buffer.from([0, 255]);
  expect(messageData({ ...message, body }, true).data).toEqual({ bytes: body });
});
