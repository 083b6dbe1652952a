import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCallerVerifier } from '#functions/http/authorization.ts';
import { readSettings } from '#functions/settings.ts';
import { createEntra, type Entra } from '#local/entra/entra.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { environment, tenantId } from '../support/memory-ports.ts';
import { audience, personId } from '../support/token-forge.ts';

const clock = createManualClock(Date.now());
let entra: Entra;

beforeAll(async () => {
  const root = await createLocalRoot(Date.now());
  setDefaultCACertificates([...getCACertificates('default'), root.cert]);
  entra = await createEntra({
    clock,
    store: openStore(':memory:'),
    port: 0,
    tls: await issueServerIdentity(root, ['login.localhost'], Date.now()),
    tenantId,
    accounts: [],
    applications: [],
  });
});
afterAll(() => entra?.close());

it('the sign-in service changes its key: the new one is accepted at once, and the old one as long as it is published', async () => {
  const settings = readSettings({ ...environment, ADMIN_CENTER_AUTHORITY: entra.origin });
  const verifier = createCallerVerifier(settings, () => new Date(clock.now()));
  const mint = () =>
    entra.mint({ aud: audience, oid: personId, scp: 'user_impersonation' }, { version: '2.0' });
  const before = await mint();
  await expect(verifier.verify(before)).resolves.toMatchObject({ id: personId });
  await entra.rotate();
  clock.advance(60_000);
  const after = await mint();
  expect(after.split('.')[0]).not.toBe(before.split('.')[0]);
  await expect(verifier.verify(after)).resolves.toMatchObject({ id: personId });
  await expect(verifier.verify(before)).resolves.toMatchObject({ id: personId });
});
