import { app, type InvocationContext } from '@azure/functions';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import type { CertificateDocument } from '#shared/domain/documents.ts';
import { inLanes } from '#shared/domain/lanes.ts';
import { dueAt, nextCheckAt } from '#shared/domain/renewal.ts';
import type { RenewalAdvice } from '#shared/ports/certificate-authority.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';

type AdvicePorts = Pick<AppPorts, 'store' | 'secrets' | 'authorities' | 'now'>;

/** Every two minutes, half a minute after the renewals. */
const schedule = '30 */2 * * * *';
/** Certificates that one run asks for, and how many of them at a time. */
const batch = 200;
const width = 10;

/**
 * Asks the authority of one certificate for its window (RFC 9773 section 4.3), and moves the due moment with it. One
 * that cannot be asked is asked again later, each time with more patience; its due moment stays.
 */
async function askFor(ports: AdvicePorts, certificate: CertificateDocument): Promise<void> {
  const { machineId, leaf, window, point = 0.5, checkFailures = 0 } = certificate;
  if (!leaf?.renewalId) return;
  const authority = ports.authorities.find(
    ({ name, authority: address }) => name === leaf.issuedBy.name && address === leaf.issuedBy.authority,
  );
  let advice: RenewalAdvice | undefined;
  let failures = 0;
  let retryAfterMs: number | undefined;
  try {
    advice = await authority?.renewalAdvice(leaf.renewalId);
    retryAfterMs = advice?.retryAfterMs;
  } catch {
    failures = checkFailures + 1;
  }
  // An authority that is gone from the configuration, or knows the leaf no more, is not asked again.
  const isOver = failures === 0 && !advice;
  const newest = failures > 0 ? window : advice?.window;
  await moveCertificate(ports, machineId, {
    type: 'advise',
    thumbprint: leaf.thumbprint,
    failures,
    dueAt: dueAt(leaf, newest, point),
    ...(newest && { window: newest }),
    ...(!isOver && { checkAt: nextCheckAt(ports.now().getTime(), retryAfterMs, failures) }),
  });
}

/** One that fails never stops the next. */
export async function askForAdvice(
  ports: AdvicePorts,
  context: Pick<InvocationContext, 'warn'>,
): Promise<void> {
  const waiting = await ports.store.findChecks(ports.now().toISOString(), batch);
  await inLanes(waiting, width, (next) =>
    askFor(ports, next).catch((error: unknown) =>
      context.warn(`renewal advice for ${next.machineId}: ${String(error)}`),
    ),
  );
}

export function registerRenewalAdvice(provider: PortsProvider): void {
  app.timer('askRenewalAdvice', {
    schedule,
    handler: (_, context) => askForAdvice(provider(), context),
  });
}
