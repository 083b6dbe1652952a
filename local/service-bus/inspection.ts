import type { InspectedTable } from '#local/kit/stand-in.ts';
import type { Mailbox } from './broker/mailbox.ts';
import type { Namespace } from './broker/namespace.ts';

/** Queues and subscriptions with what waits in them and who receives: the first table of a person who debugs. */
export function inspectNamespace(namespace: Namespace): InspectedTable[] {
  const entries = [...namespace.live.values()];
  const depth = (mailbox: Mailbox | undefined) =>
    mailbox ? namespace.messages.counts(mailbox.id) : { active: 0, scheduled: 0, bytes: 0 };
  const rows = entries.flatMap(({ entity, mailbox }) => {
    if (!mailbox) return [];
    const { active, scheduled, bytes } = depth(mailbox);
    const dead = depth(mailbox.deadLetters).active;
    return [[entity.path, active, scheduled, dead, mailbox.consumers.size, bytes]];
  });
  const topics = entries.filter(({ entity }) => entity.kind === 'topic');
  return [
    {
      title: 'Queues and subscriptions',
      columns: ['path', 'messages', 'scheduled', 'dead letters', 'receivers', 'bytes'],
      rows,
    },
    {
      title: 'Topics',
      columns: ['path', 'subscriptions'],
      rows: topics.map(({ entity }) => [entity.path, namespace.subscriptionsOf(entity).length]),
    },
  ];
}
