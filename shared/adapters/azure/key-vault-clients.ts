import type { CertificateClient } from '@azure/keyvault-certificates';
import type { SecretClient } from '@azure/keyvault-secrets';
import type { KeyVaultAccess } from './key-vault-error.ts';
import { remembered } from './remembered.ts';

export interface KeyVaultClients {
  certificates(): Promise<CertificateClient>;
  secrets(): Promise<SecretClient>;
}

/** Clients of one vault, each loaded at its first use. */
export const keyVaultClients = ({ vaultUrl, credential }: KeyVaultAccess): KeyVaultClients => ({
  certificates: remembered(async () => {
    const { CertificateClient } = await import('@azure/keyvault-certificates');
    return new CertificateClient(vaultUrl, credential);
  }),
  secrets: remembered(async () => {
    const { SecretClient } = await import('@azure/keyvault-secrets');
    return new SecretClient(vaultUrl, credential);
  }),
});
