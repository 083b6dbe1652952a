import { Buffer } from 'node:buffer';
import type { TokenCredential } from '@azure/identity';
import { createAcmeCertificateAuthority } from '#shared/adapters/acme/acme-certificate-authority.ts';
import { createKeyVaultIssuerAuthority } from '#shared/adapters/azure/key-vault-issuer-authority.ts';
import { createKeyVaultSigningKey } from '#shared/adapters/azure/key-vault-signing-key.ts';
import { authorityLimits } from '#shared/domain/authority-limits.ts';
import type { RateLimit } from '#shared/domain/budget.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { keyNames } from '#shared/protocol/resource-names.ts';
import type { Settings } from './settings.ts';

type AuthoritySettings = Settings['ADMIN_CENTER_CERTIFICATE_AUTHORITIES'];

interface AuthorityContext {
  vaultUrl: string;
  credential: TokenCredential;
  secrets: SecretStore;
  /** Milliseconds since the epoch. */
  now(): number;
}

function limitsOf({ limits }: AuthoritySettings[number]): readonly RateLimit[] {
  if (typeof limits === 'string') return authorityLimits[limits];
  return limits.map(({ refillSeconds, ...limit }) => ({ ...limit, refillMs: refillSeconds * 1000 }));
}

/** The authorities in their order of preference. One key signs for the accounts at all of them. */
export function composeAuthorities(
  settings: AuthoritySettings,
  { vaultUrl, credential, secrets, now }: AuthorityContext,
): CertificateAuthority[] {
  const accountKey = createKeyVaultSigningKey({ vaultUrl, credential, keyName: keyNames.acmeAccount });
  return settings.map((setting) => {
    const { name } = setting;
    const limits = limitsOf(setting);
    if ('issuer' in setting) {
      const { issuer } = setting;
      return createKeyVaultIssuerAuthority({ name, issuer, limits, vaultUrl, credential });
    }
    const { contact, directory, profile, preferredChain, externalAccount } = setting;
    return createAcmeCertificateAuthority({
      name,
      directoryUrl: directory,
      limits,
      accountKey,
      contact: contact === undefined ? [] : [`mailto:${contact}`],
      profile,
      preferredChain,
      externalAccount: externalAccount && {
        keyId: externalAccount.keyId,
        macKey: async () => {
          const { value } = await secrets.getSecret(externalAccount.macKeySecret);
          return Buffer.from(value).toString('base64url');
        },
      },
      now,
    });
  });
}
