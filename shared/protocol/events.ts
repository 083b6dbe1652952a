import { z } from 'zod';

const sessionRevoked = z.object({ sessionId: z.string().length(16), expiresAt: z.number().int() });

/** CloudEvents 1.0 in structured JSON mode; `data` carries references, never a secret. */
const envelope = {
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(100),
  source: z.string().min(1).max(200),
  time: z.iso.datetime(),
};

/**
 * To one agent, on its own queue. Every event is a hint to re-read desired state; its type says what is worth
 * doing first.
 */
export const agentEventSchema = z.discriminatedUnion('type', [
  z.object({ ...envelope, type: z.literal('admin-center.state.changed'), data: z.object({}) }),
  z.object({
    ...envelope,
    type: z.literal('admin-center.certificate.changed'),
    data: z.object({ thumbprint: z.string() }),
  }),
  z.object({
    ...envelope,
    type: z.literal('admin-center.certificate.requested'),
    data: z.object({ id: z.string() }),
  }),
  z.object({ ...envelope, type: z.literal('admin-center.session.revoked'), data: sessionRevoked }),
  /** It is being uninstalled: it lets nobody in any more. */
  z.object({ ...envelope, type: z.literal('admin-center.machine.uninstalled'), data: z.object({}) }),
]);
export type AgentEvent = z.infer<typeof agentEventSchema>;

/** To every proxy, on the topic `proxy-control`. */
export const proxyEventSchema = z.discriminatedUnion('type', [
  z.object({ ...envelope, type: z.literal('admin-center.session.revoked'), data: sessionRevoked }),
  z.object({ ...envelope, type: z.literal('admin-center.label-keys.changed'), data: z.object({}) }),
]);
export type ProxyEvent = z.infer<typeof proxyEventSchema>;
