import type { HostCheck } from '../api/replies.ts';

/** Each check of the agent, as the sentence that it proves or refutes (requirements 109-114 and 54). */
export const checkTitles: Readonly<Record<HostCheck['id'], string>> = {
  service: 'The service ServerManagementGateway runs',
  localhost: 'The page on localhost loads',
  process: 'The process Sme.exe answers',
  installation: 'The installation is whole',
  ports: 'The machine’s own policy allows the port',
  outbound: 'The machine reaches what it connects to',
  'manual-install': 'No Windows Admin Center was installed by hand',
  listener: 'The agent listens where browsers come in directly',
};

export const checkOutcome = ({ ok }: HostCheck) => {
  if (ok === null) return { icon: 'neutral', word: 'not judged' } as const;
  return ok
    ? ({ icon: 'good', word: 'in order' } as const)
    : ({ icon: 'bad', word: 'not in order' } as const);
};
