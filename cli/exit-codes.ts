/** How the program ends. Scripts depend on these: a number never changes its meaning. */
export const exitCodes = {
  done: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'failed or refused; code, hop and remedy are on standard error' },
  usage: { code: 2, meaning: 'the command line could not be understood' },
  signIn: { code: 3, meaning: 'the sign-in failed, or the access token is not accepted' },
  postponed: { code: 4, meaning: 'not done yet: it goes on by itself, standard error says when' },
  timedOut: { code: 5, meaning: 'not done within --timeout; what was begun goes on by itself' },
  notIntact: { code: 6, meaning: 'the audit of the machine is not as it was written' },
  interrupted: { code: 130, meaning: 'interrupted by Ctrl-C, or told to end' },
} as const;

export type ExitName = keyof typeof exitCodes;
export type ExitCode = (typeof exitCodes)[ExitName]['code'];
