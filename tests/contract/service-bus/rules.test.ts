import type { ServiceBusMessage, SqlRuleFilter } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Started, startServiceBus } from './start.ts';

// Source: learn.microsoft.com/azure/service-bus-messaging, pages "service-bus-messaging-sql-filter",
// "service-bus-messaging-sql-rule-action", "topic-filters" and "service-bus-amqp-request-response" (rule operations).

describe('a rule of a subscription', () => {
  let started: Started;
  let topics = 0;
  beforeAll(async () => {
    started = await startServiceBus();
  });
  afterAll(() => started.close());

  const createTopic = async () => {
    const topic = `t${topics++}`;
    await started.admin.createTopic(topic);
    await started.admin.createSubscription(topic, 's');
    await started.admin.deleteRule(topic, 's', '$Default');
    return topic;
  };
  const receive = (topic: string, deadLetters = false) =>
    started
      .connect()
      .createReceiver(topic, 's', deadLetters ? { subQueueType: 'deadLetter' } : {})
      .peekMessages(10);
  const send = (topic: string, ...messages: ServiceBusMessage[]) =>
    started.connect().createSender(topic).sendMessages(messages);

  const samples: ServiceBusMessage[] = [
    {
      body: 'red',
      subject: 'order',
      messageId: 'm1',
      applicationProperties: { colour: 'red', size: 3, price: 2.5, urgent: true },
    },
    {
      body: 'blue',
      subject: 'bill',
      messageId: 'm2',
      applicationProperties: { colour: 'blue_ish', size: 10, urgent: false },
    },
    { body: 'bare', messageId: 'm3' },
  ];
  it.each([
    ["colour = 'red'", ['red']],
    ["COLOUR = 'red'", ['red']],
    ["colour = 'RED'", []],
    ["colour <> 'red'", ['blue']],
    ["NOT colour = 'red'", ['blue']],
    ['size > 3', ['blue']],
    ['size >= 3 AND size < 10', ['red']],
    ['size * 2 - 1 = 5', ['red']],
    ['size % 2 = 1', ['red']],
    ['price = 2.5', ['red']],
    ['urgent', ['red']],
    ['urgent = FALSE', ['blue']],
    ["colour IN ('red', 'green')", ['red']],
    ["colour NOT IN ('red', 'green')", ['blue']],
    ["colour LIKE 'r%'", ['red']],
    ["colour LIKE '_lue\\_%' ESCAPE '\\'", ['blue']],
    ["colour NOT LIKE '%d'", ['blue']],
    ['colour IS NULL', ['bare']],
    ['colour IS NOT NULL', ['red', 'blue']],
    ['EXISTS(size)', ['red', 'blue']],
    ['NOT EXISTS(size)', ['bare']],
    ["sys.Label = 'order' OR sys.MessageId = 'm3'", ['red', 'bare']],
    ["user.[colour] = 'red' AND (size = 4 OR urgent)", ['red']],
    ["p('colour') = 'red'", ['red']],
    ["newid() <> 'x'", ['red', 'blue', 'bare']],
    ["missing = 'a' OR size = 10", ['blue']],
  ])('with the condition %s selects %j', async (sqlExpression, expected) => {
    const topic = await createTopic();
    await started.admin.createRule(topic, 's', 'r', { sqlExpression });
    await send(topic, ...samples);
    expect((await receive(topic)).map(({ body }) => body)).toEqual(expected);
  });

  it('takes parameters and shows them again', async () => {
    const topic = await createTopic();
    const filter = {
      sqlExpression: 'size = @size AND colour = @c',
      sqlParameters: { '@size': 3, '@c': 'red' },
    };
    await started.admin.createRule(topic, 's', 'r', filter);
    expect((await started.admin.getRule(topic, 's', 'r')).filter).toEqual(filter);
    await send(topic, ...samples);
    expect((await receive(topic)).map(({ body }) => body)).toEqual(['red']);
  });

  it.each([
    "colour == 'red'",
    "colour = 'red",
    'colour =',
    '(size = 1',
    'size = 1 size = 2',
    'size NOT = 1',
    'colour IS RED',
    'unknown(size)',
    'size = @missing',
    'a = 1 ; b = 2',
    '',
    `size = ${'1'.repeat(1_024)}`,
  ])('is refused with the condition %s', async (sqlExpression) => {
    const topic = await createTopic();
    const filter: SqlRuleFilter = { sqlExpression };
    await expect(started.admin.createRule(topic, 's', 'r', filter)).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  it('dead-letters what its condition cannot be evaluated on', async () => {
    const topic = await createTopic();
    await started.admin.createRule(topic, 's', 'r', { sqlExpression: "size > 'three'" });
    await send(topic, { body: 'red', applicationProperties: { size: 3 } });
    const [dead] = await receive(topic, true);
    expect(dead).toMatchObject({ body: 'red', deadLetterReason: 'FilterEvaluationException' });
    expect(await receive(topic)).toEqual([]);
  });

  it('changes its copy of a message with an action, beside the copy of the rules without', async () => {
    const topic = await createTopic();
    const { admin } = started;
    await admin.createRule(topic, 's', 'plain', { sqlExpression: 'size = 3' });
    await admin.createRule(topic, 's', 'also-plain', { sqlExpression: '1=1' });
    await admin.createRule(
      topic,
      's',
      'marks',
      { sqlExpression: "colour = 'red'" },
      { sqlExpression: "SET size = size + 1; SET sys.Label = 'changed' ; SET mark = 'yes' REMOVE urgent" },
    );
    expect((await admin.getRule(topic, 's', 'marks')).action.sqlExpression).toMatch(/^SET size/);
    await send(topic, ...samples.slice(0, 1));
    const found = await receive(topic);
    expect(found).toHaveLength(2);
    expect(found.find(({ subject }) => subject === 'order')?.applicationProperties).toEqual(
      samples[0]?.applicationProperties,
    );
    const changed = found.find(({ subject }) => subject === 'changed');
    expect(changed?.applicationProperties).toEqual({ colour: 'red', size: 4, price: 2.5, mark: 'yes' });
    expect(changed).toMatchObject({ body: 'red', messageId: 'm1' });
  });

  it('is refused with an action that is none', async () => {
    const topic = await createTopic();
    const creating = started.admin.createRule(topic, 's', 'r', {}, { sqlExpression: 'DROP TABLE' });
    await expect(creating).rejects.toMatchObject({ statusCode: 400 });
  });

  it('is made, listed and removed over AMQP too', async () => {
    const topic = await createTopic();
    const rules = started.connect().createRuleManager(topic, 's');
    await rules.createRule('sql', { sqlExpression: 'size > 5' }, { sqlExpression: 'SET seen = TRUE' });
    await rules.createRule('equal', { subject: 'order', applicationProperties: { urgent: true } });
    await rules.createRule('all', { sqlExpression: '1=1' });
    await rules.deleteRule('all');
    await expect(rules.createRule('sql', { sqlExpression: '1=1' })).rejects.toMatchObject({
      message: expect.stringContaining('already exists') as string,
    });
    await expect(rules.deleteRule('none')).rejects.toMatchObject({ code: 'MessagingEntityNotFound' });
    const listed = [];
    for await (const rule of rules.listRules()) listed.push(rule);
    expect(listed).toMatchObject([
      { name: 'equal', filter: { subject: 'order', applicationProperties: { urgent: true } } },
      { name: 'sql', filter: { sqlExpression: 'size > 5' }, action: { sqlExpression: 'SET seen = TRUE' } },
    ]);
    await send(topic, ...samples);
    const found = await receive(topic);
    expect(found.map(({ body }) => body)).toEqual(['red', 'blue']);
    expect(found[1]?.applicationProperties).toMatchObject({ seen: true });
  });

  it('dead-letters a message without a session on a subscription that needs one', async () => {
    const topic = await createTopic();
    await started.admin.createSubscription(topic, 'sessions', { requiresSession: true });
    await send(topic, { body: 'loose' });
    const receiver = started.connect().createReceiver(topic, 'sessions', { subQueueType: 'deadLetter' });
    const [dead] = await receiver.receiveMessages(1);
    expect(dead?.deadLetterReason).toBe('Session ID is null.');
  });
});
