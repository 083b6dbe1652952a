import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { expect } from 'vitest';
import { createEntra, type Entra } from '#local/entra/entra.ts';
import { type Clock, systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import * as sample from '#local/samples/sample-data.ts';
import { type Answer, type FakeApi, problem, type SeenRequest, startFakeApi } from './fake-api.ts';

export interface SignInWorld {
  entra: Entra;
  /** PEM of the root that its certificate is from. */
  caFile: string;
  /** A folder that is gone at the end. */
  folder: string;
  /** An API that says how to sign in, and who a token is. */
  startApi(): Promise<FakeApi>;
  /** Changes what the API that was started last says about the sign-in. */
  configure(change?: Record<string, unknown>): void;
  close(): Promise<void>;
}

/** The sample tenant, and an API that takes its tokens. */
export async function startSignInWorld(clock: Clock = systemClock): Promise<SignInWorld> {
  const root = await createLocalRoot(Date.now());
  setDefaultCACertificates([...getCACertificates('default'), root.cert]);
  const folder = mkdtempSync(join(tmpdir(), 'cli-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, root.cert);
  const entra = await createEntra({
    clock,
    store: openStore(':memory:'),
    port: 0,
    tls: await issueServerIdentity(root, ['login.localhost'], Date.now()),
    tenantId: sample.tenantId,
    accounts: sample.accounts,
    applications: sample.applicationsFor('http://127.0.0.1:7071'),
  });
  let api: FakeApi | undefined;

  /** Who the token says one is, if it is a token for the API by the tenant. */
  async function whoAmI({ authorization = '' }: SeenRequest): Promise<Answer> {
    try {
      const keys = createLocalJWKSet(entra.jwks());
      const { payload } = await jwtVerify(authorization.replace('Bearer ', ''), keys, {
        audience: sample.apiClientId,
        issuer: [...entra.issuers],
        currentDate: new Date(clock.now()),
      });
      return {
        body: { id: payload['oid'], name: payload['upn'], tenantId: payload['tid'], address: '127.0.0.1' },
      };
    } catch {
      return { status: 401, body: problem({ status: 401, code: 'token_invalid', hop: 'sign-in' }) };
    }
  }

  const configure = (change: Record<string, unknown> = {}): void => {
    if (!api) throw new Error('no API was started');
    api.routes['GET /portal/config.json'] = {
      body: {
        authority: `${entra.authority}/v2.0`,
        clientId: sample.portalClientId,
        commandLineClientId: sample.commandLineClientId,
        scope: sample.apiScope,
        zone: sample.zone,
        ...change,
      },
    };
  };

  return {
    entra,
    caFile,
    folder,
    async startApi() {
      api = await startFakeApi({ 'GET /api/me': whoAmI });
      configure();
      return api;
    },
    configure,
    async close() {
      await entra.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const [administrator = { userPrincipalName: '' }] = sample.accounts;

/** What a browser does with the page: presses the button of an account and follows where it leads. */
export async function pressAccount(
  url: string,
  account = administrator.userPrincipalName,
): Promise<Response> {
  const html = await (await fetch(url)).text();
  const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1] ?? '';
  expect(html).toContain(`name="account" value="${account}"`);
  const answer = await fetch(new URL(action.replaceAll('&amp;', '&'), url), {
    method: 'POST',
    body: new URLSearchParams({ account }),
    redirect: 'manual',
  });
  return fetch(answer.headers.get('location') ?? '');
}

/** What a person does on another device; an empty account declines. */
export async function enterCode(
  entra: Entra,
  code: string,
  account = administrator.userPrincipalName,
): Promise<void> {
  const answer = await fetch(new URL('/devicelogin', entra.authority), {
    method: 'POST',
    body: new URLSearchParams({ code, account }),
  });
  expect(answer.status).toBe(200);
}
