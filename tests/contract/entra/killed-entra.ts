import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDraw } from '#local/kit/faults.ts';
import type { EntraProcessOptions, RunningTenant } from './entra-process.ts';
import { administrator, apiScope, cliClientId, trustedTls } from './tenant.ts';

const verifier = 'a-verifier-of-more-than-forty-three-characters-0123456789';
const challenge = createHash('sha256').update(verifier).digest('base64url');
const redirectUri = 'http://localhost/';

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** What was acknowledged. */
interface Acknowledged {
  /** Codes that nobody has redeemed, and codes that were. */
  codes: string[];
  redeemed: string[];
  refreshTokens: string[];
  applications: Set<string>;
  /** The name that one writer counts up; `sent` may or may not have arrived. */
  counter: { id: string; acknowledged: number; sent: number };
  /** Answers that were neither an acknowledgement nor silence. */
  refusals: string[];
}

const answerOf = async (reply: Response): Promise<Answer> => {
  const text = await reply.text();
  return { status: reply.status, body: JSON.parse(text || '{}') as Record<string, unknown> };
};

async function askForCode({ authority }: RunningTenant): Promise<string> {
  const query = new URLSearchParams({
    client_id: cliClientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: `openid offline_access ${apiScope}`,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  const reply = await fetch(`${authority}/oauth2/v2.0/authorize?${query}`, {
    method: 'POST',
    body: new URLSearchParams({ account: administrator.userPrincipalName }),
    redirect: 'manual',
  });
  await reply.text();
  return URL.parse(reply.headers.get('location') ?? '')?.searchParams.get('code') ?? '';
}

const askForTokens = async (tenant: RunningTenant, fields: Record<string, string>): Promise<Answer> =>
  answerOf(
    await fetch(`${tenant.authority}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: cliClientId, ...fields }),
    }),
  );
const redeem = (tenant: RunningTenant, code: string) =>
  askForTokens(tenant, {
    grant_type: 'authorization_code',
    redirect_uri: redirectUri,
    code_verifier: verifier,
    code,
  });
const renew = (tenant: RunningTenant, token: string) =>
  askForTokens(tenant, { grant_type: 'refresh_token', refresh_token: token });

const graph = async (tenant: RunningTenant, method: string, path: string, body?: object): Promise<Answer> =>
  answerOf(
    await fetch(`https://graph.localhost:${tenant.port}/v1.0/applications${path}`, {
      method,
      headers: { authorization: `Bearer ${tenant.graphToken}` },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );

/** Four writers at once until the process is gone. */
async function write(tenant: RunningTenant, acknowledged: Acknowledged): Promise<void> {
  const { codes, redeemed, refreshTokens, applications, counter, refusals } = acknowledged;
  const untilGone = async (work: () => Promise<void>) => {
    for (;;)
      try {
        await work();
      } catch {
        return;
      }
  };
  const refused = ({ status, body }: Answer) =>
    void refusals.push(`${status} ${JSON.stringify(body).slice(0, 300)}`);
  await Promise.all([
    untilGone(async () => void codes.push(await askForCode(tenant))),
    untilGone(async () => {
      const code = await askForCode(tenant);
      const reply = await redeem(tenant, code);
      if (reply.status !== 200) return refused(reply);
      redeemed.push(code);
      refreshTokens.push(String(reply.body['refresh_token']));
    }),
    untilGone(async () => {
      const reply = await graph(tenant, 'POST', '', { displayName: 'Program' });
      if (reply.status !== 201) return refused(reply);
      applications.add(String(reply.body['id']));
    }),
    untilGone(async () => {
      counter.sent = counter.acknowledged + 1;
      const reply = await graph(tenant, 'PATCH', `/${counter.id}`, { displayName: String(counter.sent) });
      if (reply.status !== 204) return refused(reply);
      counter.acknowledged = counter.sent;
    }),
  ]);
}

/** What the counter says, which must be what was acknowledged or what was sent last. */
async function readCounter(tenant: RunningTenant, { counter }: Acknowledged): Promise<string | undefined> {
  const value = Number((await graph(tenant, 'GET', `/${counter.id}`)).body['displayName']);
  const { acknowledged, sent } = counter;
  if (value !== acknowledged && value !== sent)
    return `the counter is ${value}, not ${acknowledged} or ${sent}`;
  counter.acknowledged = value;
  return undefined;
}

/** Sentences about what is lost or granted twice; none when all is well. */
async function complaints(tenant: RunningTenant, acknowledged: Acknowledged): Promise<string[]> {
  const { codes, redeemed, refreshTokens, applications, refusals } = acknowledged;
  const found = refusals.slice(0, 5);
  for (const id of applications)
    if ((await graph(tenant, 'GET', `/${id}?$select=id`)).status !== 200)
      found.push(`application ${id} is lost`);
  for (const [index, code] of codes.entries())
    if ((await redeem(tenant, code)).status !== 200) found.push(`code ${index} is lost`);
  for (const [index, code] of redeemed.entries())
    if ((await redeem(tenant, code)).status !== 400) found.push(`code ${index} is redeemed twice`);
  for (const [index, token] of refreshTokens.entries())
    if ((await renew(tenant, token)).status !== 200) found.push(`refresh token ${index} is lost`);
  return found;
}

/** Kills a tenant at points drawn from the seed while it is written to; says what it acknowledged and has not. */
export async function killRepeatedly(
  kills: number,
  drawSeed: number,
): Promise<{ writes: Record<string, number>; found: string[] }> {
  const tls = await trustedTls('login.localhost', 'graph.localhost');
  const folder = mkdtempSync(join(tmpdir(), 'killed-entra-'));
  let child: ChildProcess | undefined;
  const start = async (): Promise<RunningTenant> => {
    child = fork(new URL('./entra-process.ts', import.meta.url), { execArgv: [] });
    child.send({ file: join(folder, 'entra.sqlite'), tls } satisfies EntraProcessOptions);
    const [tenant] = (await once(child, 'message')) as [RunningTenant];
    return tenant;
  };
  const kill = async (): Promise<void> => {
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const draw = createDraw(drawSeed);
  try {
    let tenant = await start();
    // Signed before the first kill: it stays good as long as the signing key is kept.
    const { graphToken } = tenant;
    const { body } = await graph(tenant, 'POST', '', { displayName: '0' });
    const acknowledged: Acknowledged = {
      codes: [],
      redeemed: [],
      refreshTokens: [],
      applications: new Set(),
      counter: { id: String(body['id']), acknowledged: 0, sent: 0 },
      refusals: [],
    };
    const found: string[] = [];
    for (let round = 1; round <= kills; round += 1) {
      const writing = write(tenant, acknowledged);
      await sleep(60 + draw() * 200);
      await kill();
      await writing;
      tenant = { ...(await start()), graphToken };
      const complaint = await readCounter(tenant, acknowledged);
      if (complaint) found.push(`after kill ${round} ${complaint}`);
    }
    found.push(...(await complaints(tenant, acknowledged)));
    const { codes, refreshTokens, applications, counter } = acknowledged;
    const writes = {
      codes: codes.length,
      refreshTokens: refreshTokens.length,
      applications: applications.size,
      changes: counter.acknowledged,
    };
    return { writes, found };
  } finally {
    await kill();
    rmSync(folder, { recursive: true });
  }
}
