import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePrivateDirectory, readIfPresent } from './durable-file.ts';
import { type LastEnrolment, readLastEnrolment } from './enrolment.ts';

/** Keys, and what is worth as much. */
const secretNames = [
  'identity.json',
  'service-identity.json',
  'service-identity-keys.json',
  'certificates',
  'certificate-keys',
  'certificate.pem',
];
/** What else was learnt as this machine; `enrolment.json` is last, because it says whose all of it is. */
const learntNames = [
  'door.json',
  'session-counts.json',
  'desired-state.json',
  'taken-over.json',
  'report-sequence',
];
const enrolmentName = 'enrolment.json';
/** What was put aside, until something else is. */
const formerName = 'former';

const remove = (dataDirectory: string, names: readonly string[]) =>
  Promise.all(names.map((name) => rm(join(dataDirectory, name), { recursive: true, force: true })));

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

/**
 * A machine that has moved has another resource id, and so another name, certificate and enrolment: what it learnt
 * under the old one is put aside in `former/`, its keys are removed. The owner's own policy stays where it is. Safe to
 * repeat after a crash. Answers what was put aside, if anything.
 */
export async function putAsideForeign(
  dataDirectory: string,
  wanted: Pick<LastEnrolment, 'machineId' | 'controlPlane'>,
): Promise<LastEnrolment | undefined> {
  const last = await readLastEnrolment(dataDirectory);
  if (!last) return undefined;
  if (last.machineId === wanted.machineId && last.controlPlane === wanted.controlPlane) return undefined;
  const former = join(dataDirectory, formerName);
  await remove(dataDirectory, secretNames);
  // One that is whole is of an earlier move; the rest of this one goes to what is there of it.
  const isWhole = (await readIfPresent(join(former, enrolmentName))) !== undefined;
  if (isWhole) await remove(dataDirectory, [formerName]);
  await ensurePrivateDirectory(former);
  for (const name of [...learntNames, enrolmentName])
    await move(join(dataDirectory, name), join(former, name));
  return last;
}

/** After an uninstall: nobody can be let in with what is left, which is the owner's own policy and the log. */
export async function forgetInstall(dataDirectory: string): Promise<void> {
  const learnt = learntNames.filter((name) => name !== 'report-sequence');
  await remove(dataDirectory, [...secretNames, ...learnt, enrolmentName, formerName]);
}
