import type { DrillReply } from '../api/replies.ts';

export const drillTitles: Readonly<Record<DrillReply['status'], string>> = {
  running: 'Replacing certificates',
  succeeded: 'Certificates replaced',
  cancelled: 'The replacement was cancelled',
};

export const drillSentence = ({ status, replaced, total, percent }: DrillReply): string => {
  if (total === 0) return 'No certificate is to be replaced.';
  if (status === 'succeeded')
    return total === 1 ? 'The certificate is replaced.' : `All ${total} certificates are replaced.`;
  return `${replaced} of ${total} ${total === 1 ? 'certificate is' : 'certificates are'} replaced and in service, ${percent} %.`;
};
