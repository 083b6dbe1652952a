import { defineCommand } from '../command.ts';
import { failureOfOperation, followOperation } from '../follow-operation.ts';
import { renderOperation } from '../text/operation.ts';
import { plain } from '../text/plain.ts';

export const showOperation = defineCommand({
  words: 'operation',
  summary: 'show the steps of a long-running request; 1 when it has failed',
  arguments: { id: 'as `install` printed it' },
  options: {},
  flags: { follow: 'go on until it has ended' },
  examples: ['operation <id> --follow'],
  async run(context, given) {
    const reply = await context.api.getOperation(given.arguments.id);
    if (given.flags.follow) {
      await followOperation(context, reply);
      return;
    }
    context.output.result(reply.json, () => renderOperation(reply.value));
    if (reply.value.status === 'failed') throw failureOfOperation(reply.value);
  },
});

export const cancelOperation = defineCommand({
  words: 'operation cancel',
  summary: 'call off a request that waits for its turn',
  arguments: { id: 'as `install` or `certificate renew` printed it' },
  options: {},
  flags: {},
  notes: ['One that runs already is not called off: wait until it has ended.'],
  examples: ['operation cancel <id>'],
  async run({ api, output }, given) {
    const { value, json } = await api.cancelOperation(given.arguments.id);
    output.result(json, () => `${value.kind} ${plain(value.id)} is being cancelled`);
  },
});
