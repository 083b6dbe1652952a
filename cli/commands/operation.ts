import { defineCommand } from '../command.ts';
import { failureOfOperation, followOperation } from '../follow-operation.ts';
import { renderOperation } from '../text/operation.ts';

export const showOperation = defineCommand({
  words: 'operation',
  summary: 'show the steps of a long-running request; 1 when it has failed',
  arguments: { id: 'as `install` printed it' },
  options: {},
  flags: { follow: 'go on until it has ended' },
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
