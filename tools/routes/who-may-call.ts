/** Everybody who may knock, with one thing that tells him from the others. */
export const callerNames = [
  'no token',
  'malformed token',
  'wrong audience',
  'no role',
  'reader',
  'installer',
  'connecter',
  'approver',
  'auditor',
  'application',
  'proxy identity',
  'agent',
] as const;
export type CallerName = (typeof callerNames)[number];

type Holding = 'see' | 'install' | 'connect' | 'approve' | 'read access' | 'audit';

/** What those hold who have a token for this API; the application holds all of it. */
const held: Partial<Record<CallerName, readonly Holding[]>> = {
  'no role': [],
  reader: ['see'],
  installer: ['see', 'install'],
  connecter: ['see', 'connect'],
  approver: ['see', 'approve', 'read access'],
  auditor: ['audit'],
  application: ['see', 'install', 'connect', 'approve', 'read access', 'audit'],
  'proxy identity': [],
};

interface Rule {
  /** In a sentence that begins with "who". */
  who: string;
  /** Any of them. */
  needs?: readonly Holding[];
  /** To whom the thing is as if unknown, when he may not: to those who do not see the machine, to all, or to nobody. */
  unknownTo?: 'unseeing' | 'all' | 'nobody';
  /** Of those to whom it is not unknown all the same. */
  knownTo?: readonly Holding[];
}

/** Every kind of admission that there is. */
export const rules = {
  anyone: { who: 'anyone' },
  'signed in': { who: 'who is signed in; what he may not see is left out' },
  see: { who: 'who may read the machine', needs: ['see'], unknownTo: 'unseeing' },
  install: { who: 'who may install on the machine', needs: ['install'], unknownTo: 'unseeing' },
  connect: { who: 'who may connect to the machine', needs: ['connect'], unknownTo: 'unseeing' },
  approve: { who: 'who may assign roles on the machine', needs: ['approve'], unknownTo: 'unseeing' },
  'read access': {
    who: 'who may read role assignments on the machine',
    needs: ['read access'],
    unknownTo: 'unseeing',
  },
  'install or approve': {
    who: 'who may install on the machine, or assign roles on it',
    needs: ['install', 'approve'],
    unknownTo: 'unseeing',
  },
  /** The connecter's own in the test. */
  'own session': {
    who: 'whose session it is, and who may install on the machine or assign roles on it',
    needs: ['connect', 'install', 'approve'],
    unknownTo: 'all',
  },
  /** So is the lease. */
  'own lease': {
    who: 'whose lease it is, and who may assign roles on the machine',
    needs: ['connect', 'approve'],
    unknownTo: 'all',
  },
  'decide lease': {
    who: 'who may assign roles on the machine, but for whose lease it is',
    needs: ['approve'],
    unknownTo: 'all',
    knownTo: ['connect'],
  },
  'extend lease': {
    who: 'whose lease it is',
    needs: ['connect'],
    unknownTo: 'all',
    knownTo: ['approve'],
  },
  audit: {
    who: 'who has the app role `Audit.Read`, and who may assign roles on the machine',
    needs: ['audit', 'approve'],
    unknownTo: 'unseeing',
  },
  'install somewhere': {
    who: 'who may install on some machine',
    needs: ['install'],
    unknownTo: 'nobody',
  },
  'each by itself': { who: 'who is signed in; each machine that he names is judged by itself' },
  /** The connecter's own in the test. */
  'own fleet install': {
    who: 'who began it, and who may install on some machine',
    needs: ['connect', 'install'],
    unknownTo: 'nobody',
  },
  enrolment: { who: 'who has the token of the install, or is the machine itself' },
  agent: { who: 'the agent of the machine, by its own key' },
  proxy: { who: 'the proxies' },
} as const satisfies Record<string, Rule>;
export type RuleName = keyof typeof rules;

export interface RouteRow {
  name: string;
  /** Method and path. */
  call: string;
  may: RuleName;
  /** Programs may call it with a token of their own. */
  applications?: true;
}

/** What is answered: let in, or refused with this status. */
export type Verdict = 'in' | 401 | 403 | 404;

/** What this caller is answered by a route of this kind. */
export function verdictOf(
  { may, applications }: Pick<RouteRow, 'may' | 'applications'>,
  caller: CallerName,
): Verdict {
  if (may === 'anyone') return 'in';
  if (may === 'agent') return caller === 'agent' ? 'in' : 401;
  if (may === 'enrolment') return caller === 'agent' ? 'in' : 403;
  const holdings = held[caller];
  if (!holdings) return 401;
  if (may === 'proxy') return caller === 'proxy identity' ? 'in' : 403;
  const isProgram = caller === 'application' || caller === 'proxy identity';
  if (isProgram && applications !== true) return 403;
  const rule: Rule = rules[may];
  if (!rule.needs || rule.needs.some((one) => holdings.includes(one))) return 'in';
  if (rule.unknownTo === 'all') return rule.knownTo?.some((one) => holdings.includes(one)) ? 403 : 404;
  return rule.unknownTo === 'unseeing' && !holdings.includes('see') ? 404 : 403;
}
