import { app, type InvocationContext } from '@azure/functions';
import { recordAudit } from '#orchestrations/audit-trail.ts';
import { type RetiredCertificateDocument, retiredCertificatePartition } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { namesOf } from '#shared/domain/machine-names.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';

type PurgePorts = Pick<AppPorts, 'store' | 'secrets' | 'vault' | 'now' | 'settings'>;

/** Every hour, away from the other timers. */
const schedule = '0 41 * * * *';
/** More than a stamp can retire within a grace time: each of its machines, and again after a new install. */
const most = 10_000;
/** A purge is five calls to the vault; what is left is due at the next. */
const batch = 200;
const dayMs = 24 * 60 * 60 * 1000;

const purger = { id: 'certificate-purge', name: 'Certificate purge', kind: 'service' } as const;

/** A name that a machine still has, or has again after an uninstall that did not end, is in use: its certificate is not purged. */
async function isInUse(
  { store }: PurgePorts,
  { ownerId, key }: RetiredCertificateDocument,
): Promise<boolean> {
  const machine = await store.read(ownerId, 'machine');
  return machine !== undefined && namesOf(machine.document).includes(key);
}

/** A vault that refuses the purge is told of once, in the log and in the audit, and never asked again. */
async function purge(
  ports: PurgePorts,
  retired: RetiredCertificateDocument,
  context: Pick<InvocationContext, 'info' | 'warn'>,
): Promise<void> {
  const { ownerId, key } = retired;
  const name = certificateName(key);
  if (!(await isInUse(ports, retired))) {
    const outcome = await ports.vault.purgeCertificate(name);
    if (outcome === 'purged') context.info(`the certificate ${name} was purged`);
    else {
      const detail = `the key vault does not let ${name} be purged: it goes when its days of recovery are over`;
      context.warn(detail);
      await recordAudit(ports, ownerId, {
        actor: purger,
        action: 'certificate purge',
        outcome: 'refused',
        detail,
      });
    }
  }
  await ports.store.commit(retiredCertificatePartition, [{ remove: 'retired-certificate', key }]);
}

/** Certificates whose grace time is over, the oldest first. One that fails never stops the next. */
export async function purgeCertificates(
  ports: PurgePorts,
  context: Pick<InvocationContext, 'info' | 'warn'>,
): Promise<void> {
  const graceMs = ports.settings.ADMIN_CENTER_CERTIFICATE_GRACE_DAYS * dayMs;
  const before = new Date(ports.now().getTime() - graceMs).toISOString();
  const retired = await ports.store.list(retiredCertificatePartition, 'retired-certificate', most);
  const due = retired
    .filter(({ retiredAt }) => retiredAt <= before)
    .toSorted((one, other) => (one.retiredAt < other.retiredAt ? -1 : 1));
  for (const one of due.slice(0, batch)) {
    try {
      await purge(ports, one, context);
    } catch (error) {
      context.warn(`the certificate of ${one.key} was not purged: ${String(error)}`);
      // A vault that is away is away for the others too.
      if (error instanceof AppError && error.code === 'key_vault_unavailable') return;
    }
  }
}

export function registerCertificatePurge(provider: PortsProvider): void {
  app.timer('purgeCertificates', {
    schedule,
    handler: (_, context) => purgeCertificates(provider(), context),
  });
}
