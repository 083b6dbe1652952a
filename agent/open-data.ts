import type { Logger } from '#shared/runtime/logger.ts';
import { type CertificateKeys, openCertificateKeys } from './certificate-keys.ts';
import { type CertificateStore, createCertificateStore } from './certificate-store.ts';
import { putAsideForeign } from './data-directory.ts';
import { ensurePrivateDirectory, removeLeftovers } from './durable-file.ts';
import { isOfInstall, readLastEnrolment } from './enrolment.ts';
import { type AgentIdentity, openIdentity } from './identity.ts';
import type { AgentSettings } from './settings.ts';

export interface OpenData {
  identity: AgentIdentity;
  keys: CertificateKeys;
  certificates: CertificateStore;
}

/** Opens the data directory for this machine and this install, whatever an earlier one left in it. */
export async function openData(
  settings: AgentSettings,
  machineId: string,
  logger: Logger,
): Promise<OpenData> {
  const { dataDirectory, controlPlane } = settings;
  await ensurePrivateDirectory(dataDirectory);
  await removeLeftovers(dataDirectory);
  const former = await putAsideForeign(dataDirectory, { machineId, controlPlane });
  if (former) logger.log('agent.data_put_aside', { machineId, former: former.machineId });
  const last = await readLastEnrolment(dataDirectory);
  const identity = await openIdentity(dataDirectory, !last || !isOfInstall(last, settings));
  const keys = await openCertificateKeys(dataDirectory);
  const certificates = createCertificateStore({
    dataDirectory,
    unsealingKey: identity.unsealingKey,
    keys,
    onFileFailure: (file, error) => logger.log('agent.certificate_file_failed', { file, error }),
  });
  await certificates.load();
  return { identity, keys, certificates };
}
