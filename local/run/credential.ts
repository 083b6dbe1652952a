import type { AccessToken, TokenCredential } from '@azure/identity';
import { z } from 'zod';

const reply = z.object({ access_token: z.string(), expires_on: z.coerce.number() });

/**
 * A credential for one managed identity among several. The SDK's own credential takes the identity from the
 * process's environment, and this process acts as more than one.
 */
export function createSdkCredential(endpoint: string, header: string): TokenCredential {
  return {
    async getToken(scopes): Promise<AccessToken> {
      const [scope = ''] = [scopes].flat();
      const resource = scope.replace(/\/\.default$/, '');
      const query = new URLSearchParams({ 'api-version': '2019-08-01', resource });
      const response = await fetch(`${endpoint}?${query}`, { headers: { 'x-identity-header': header } });
      if (!response.ok) throw new Error(`the identity endpoint answered ${response.status} for ${resource}`);
      const { access_token: token, expires_on: expiresOn } = reply.parse(await response.json());
      return { token, expiresOnTimestamp: expiresOn * 1000 };
    },
  };
}
