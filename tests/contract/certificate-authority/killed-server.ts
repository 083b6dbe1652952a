import { readFileSync } from 'node:fs';
import {
  type CertificateAuthorityOptions,
  createCertificateAuthority,
} from '#local/certificate-authority/certificate-authority.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';

/** A certificate authority as a process of its own, to be killed: its settings are in the file named first. */
const [settingsFile = '', storeFile = ''] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(settingsFile, 'utf8')) as Omit<
  CertificateAuthorityOptions,
  'clock' | 'store'
>;
const authority = await createCertificateAuthority({
  ...settings,
  clock: systemClock,
  store: openStore(storeFile),
});
process.send?.(authority.port);
