import { randomBytes } from 'node:crypto';
import type { HttpReply } from '#local/kit/http-server.ts';
import type { Authority } from './authority.ts';
import { urls } from './urls.ts';

/** RFC 8555 section 7.1.1. A key with a random name is added each time: clients must ignore what they do not know. */
export function directory(authority: Authority, origin: string): HttpReply {
  const { profiles, externalAccounts, caaIdentities } = authority;
  return {
    status: 200,
    body: {
      newNonce: urls.newNonce(origin),
      newAccount: urls.newAccount(origin),
      newOrder: urls.newOrder(origin),
      revokeCert: urls.revokeCertificate(origin),
      keyChange: urls.keyChange(origin),
      renewalInfo: urls.renewalInfo(origin),
      meta: {
        termsOfService: urls.directory(origin),
        caaIdentities,
        externalAccountRequired: externalAccounts !== undefined,
        profiles: Object.fromEntries(
          Object.entries(profiles).map(([name, { description }]) => [name, description]),
        ),
      },
      [randomBytes(8).toString('base64url')]: 'clients ignore members that they do not know',
    },
  };
}
