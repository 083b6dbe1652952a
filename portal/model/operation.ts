import type { OperationReply } from '../api/replies.ts';

const titles = {
  install: { running: 'Installing', succeeded: 'Installed', failed: 'The install stopped' },
  uninstall: { running: 'Removing', succeeded: 'Removed', failed: 'The removal stopped' },
  renew: {
    running: 'Renewing the certificate',
    succeeded: 'Certificate renewed',
    failed: 'The renewal stopped',
  },
} as const satisfies Record<OperationReply['kind'], Record<OperationReply['status'], string>>;

export const operationTitle = ({ kind, status }: OperationReply): string => titles[kind][status];

/** Where it stands, as one sentence. */
export function progressSentence(operation: OperationReply): string {
  const { steps, status, error } = operation;
  const title = operationTitle(operation);
  if (status === 'failed') return error ? `${title}: ${error.title}.` : `${title}.`;
  const at = steps.findIndex((step) => step.status === 'running');
  const step = steps[at];
  return step ? `${title}: step ${at + 1} of ${steps.length}, ${step.name}.` : `${title}.`;
}
