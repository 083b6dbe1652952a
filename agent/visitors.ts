import type { SignIn } from '#shared/domain/machine.ts';
import type { Ticket } from '#shared/protocol/ticket.ts';
import type { DoorSession } from './door-sessions.ts';
import type { VisitorFacts } from './forwarded-request.ts';
import { originOf } from './forwarder.ts';
import { openServiceIdentity } from './service-identity.ts';
import type { VirtualAccounts } from './virtual-accounts.ts';

export interface VisitorsOptions {
  dataDirectory: string;
  nowSeconds(): number;
  scheme: 'http' | 'https';
  accounts: Pick<VirtualAccounts, 'ensure' | 'known'>;
  /** As desired state says (C3). */
  signIn(): SignIn;
}

/** What services are told of who is there: all of it with `virtual-account`, and nothing with `local` (78-80). */
export interface Visitors {
  /** Before somebody is let in; rejects when there can be no account for him. */
  prepare(ticket: Ticket): Promise<void>;
  introduce(session: DoorSession, port: number): Promise<VisitorFacts> | VisitorFacts | undefined;
}

export async function openVisitors(options: VisitorsOptions): Promise<Visitors> {
  const { accounts, scheme, signIn } = options;
  const identity = await openServiceIdentity(options.dataDirectory, options.nowSeconds);

  const factsOf = (session: DoorSession, port: number, account: string | undefined): VisitorFacts => ({
    user: session.user,
    identity: identity.statementFor(session, originOf(scheme, port)),
    account,
  });

  return {
    async prepare(ticket) {
      if (signIn() === 'virtual-account') await accounts.ensure(ticket);
    },
    introduce(session, port) {
      if (signIn() === 'local') return undefined;
      const known = accounts.known(session.sessionId);
      return known
        ? factsOf(session, port, known.account)
        : accounts.ensure(session).then((account) => factsOf(session, port, account));
    },
  };
}
