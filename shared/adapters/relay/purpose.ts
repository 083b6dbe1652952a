import type { StreamPurpose } from '#shared/ports/tunnel.ts';

/** Query parameters of a stream's address that carry its purpose: a wire contract between proxy and agent. */
export const purposeParameters = { service: 'service', session: 'session' } as const;

/** Bound of one received message. Our own ends send 64 KiB at most; others may write larger ones. */
export const maxMessageBytes = 4 * 1024 * 1024;

const longestValue = 64;

/** The purpose in an address, or undefined when a part is missing or too long. */
export function readPurpose(address: URL): StreamPurpose | undefined {
  const service = address.searchParams.get(purposeParameters.service);
  const sessionId = address.searchParams.get(purposeParameters.session);
  if (!service || !sessionId || service.length > longestValue || sessionId.length > longestValue)
    return undefined;
  return { service, sessionId };
}
