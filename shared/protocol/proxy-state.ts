import { z } from 'zod';

/** `GET /api/proxy/state`, for the proxies' identity: all that a proxy must know before it listens. */
export const proxyState = z.object({
  zone: z.string(),
  /** base64url, the newest first; a label under any of them is good. */
  labelKeys: z.array(z.string()).min(1),
  /** Sessions that were revoked and would not have expired yet. */
  revokedSessions: z.array(z.object({ sessionId: z.string().length(16), expiresAt: z.number().int() })),
});
export type ProxyState = z.infer<typeof proxyState>;
