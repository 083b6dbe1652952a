import type { IncomingHttpHeaders } from 'node:http';
import type { HybridConnections, RelayRight } from '#local/kit/boundaries.ts';
import type { Clock } from '#local/kit/clock.ts';
import type { VerifyToken } from '#local/kit/tokens.ts';
import { HandshakeRefusal } from './handshake-refusal.ts';
import { isSharedAccessSignature, verifySharedAccessSignature } from './shared-access-signature.ts';

const audience = 'https://relay.azure.net';

export interface Authorization {
  /**
   * The token's end in milliseconds; rejects with a HandshakeRefusal (401, 403, 404). `skewMs`: how much the service
   * takes the time wrong.
   */
  authorize(token: string | undefined, right: RelayRight, path: string, skewMs?: number): Promise<number>;
}

export interface AuthorizationOptions {
  clock: Clock;
  /** Host name of the namespace, without a port. */
  host: string;
  namespace: string;
  hybridConnections: HybridConnections;
  verifyToken: VerifyToken;
}

/** The query wins over the header, as in the service's order of stripping. */
export function tokenOf(query: string | undefined, headers: IncomingHttpHeaders): string | undefined {
  if (query) return query;
  const header = headers['servicebusauthorization'];
  return typeof header === 'string' ? header : undefined;
}

/** Shared access signatures of the path's rules, and Entra tokens for the relay's audience. */
export function createAuthorization(options: AuthorizationOptions): Authorization {
  const { clock, host, namespace, hybridConnections, verifyToken } = options;
  return {
    async authorize(token, right, path, skewMs = 0) {
      const connection = hybridConnections.find(namespace, path);
      if (!connection) throw new HandshakeRefusal(404, 'Endpoint does not exist.');
      if (!token) throw new HandshakeRefusal(401, 'MissingToken: Relay security token is required.');
      if (isSharedAccessSignature(token)) {
        const nowSeconds = (clock.now() + skewMs) / 1000;
        const resource = `${host}/${path}`;
        return verifySharedAccessSignature(token, connection.rules, right, resource, nowSeconds) * 1000;
      }
      try {
        const claims = await verifyToken(token.replace(/^bearer /i, ''), [audience]);
        const expiresAt = (claims.exp ?? 0) * 1000;
        if (expiresAt <= clock.now() + skewMs) throw new Error('"exp" claim timestamp check failed');
        return expiresAt;
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        throw new HandshakeRefusal(401, `InvalidToken: ${detail}`);
      }
    },
  };
}
