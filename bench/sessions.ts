import { once } from 'node:events';
import type WebSocket from 'ws';
import { createApiClient } from '#local/main-job/api-client.ts';
import { createReporter, type Reporter } from '#local/main-job/reporter.ts';
import { signIn } from '#local/main-job/sign-in.ts';
import { createSdkCredential } from '#local/run/credential.ts';
import { startSystem } from '#local/run/system.ts';
import * as sample from '#local/samples/sample-data.ts';
import { inLanes } from '#shared/domain/lanes.ts';
import { build } from '#tools/build.ts';
import { openLiveSocket } from '../tests/support/live-socket.ts';
import { removeAssignments } from './assignments.ts';
import { milliseconds, type Summary, summarise } from './statistics.ts';
import { installMachine, openTemporaryData } from './temporary-data.ts';

/** `--count=1000`: sessions that live at the same time, each with a WebSocket to the machine. */
const optionOf = (name: string, otherwise: number): number =>
  Number(process.argv.find((text) => text.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
const count = optionOf('count', 1_000);
/** Of these, opened by somebody whose assignment is taken away at the end. */
const losers = Math.min(50, Math.floor(count / 10));
const openWidth = 4;
const revokeWidth = 4;

interface LiveSession {
  id: string;
  machineId: string;
  socket: WebSocket;
  /** By `performance.now()`. */
  closedAt?: number;
}

type Client = ReturnType<typeof createApiClient>;

/** Opens a session as a browser does and keeps its WebSocket; answers how long the request for it took. */
async function openSession(client: Client, machineId: string, live: LiveSession[]): Promise<number> {
  const began = performance.now();
  const { sessionId, url } = await client.connect(machineId);
  const took = performance.now() - began;
  const socket = await openLiveSocket(url);
  const session: LiveSession = { id: sessionId, machineId, socket };
  socket.on('close', () => {
    session.closedAt ??= performance.now();
  });
  live.push(session);
  return took;
}

const closed = async (session: LiveSession): Promise<number> => {
  if (session.closedAt === undefined) await once(session.socket, 'close');
  return session.closedAt ?? performance.now();
};

/** From the API's answer to the end of the session's connection; one that ended before the answer counts as nothing. */
async function measureRevocations(client: Client, live: LiveSession[]): Promise<number[]> {
  const took: number[] = [];
  await inLanes(live, revokeWidth, async (session) => {
    await client.revoke(session.machineId, session.id);
    const answeredAt = performance.now();
    took.push(Math.max(0, (await closed(session)) - answeredAt));
  });
  return took;
}

/** From the end of the assignments in Azure to the end of each connection. */
async function measureLostRight(
  remove: () => Promise<number>,
  live: readonly LiveSession[],
): Promise<number[]> {
  const began = performance.now();
  if ((await remove()) === 0) throw new Error('there was no assignment to take away');
  return Promise.all(live.map(async (session) => (await closed(session)) - began));
}

interface SessionsResult {
  connect: Summary;
  revocation: Summary;
  lostRight: Summary;
}

async function measure(report: Reporter): Promise<SessionsResult> {
  await build();
  const { data, remove } = await openTemporaryData();
  const system = await startSystem(data, undefined, report);
  try {
    const administrator = accountNamed('Administrator');
    const operator = accountNamed('Operator');
    const { api, entra } = system.connection;
    const clientOf = async (name: string) => createApiClient(api, await signIn(entra.origin, name));
    const client = await clientOf(administrator.userPrincipalName);
    const ids: string[] = [];
    // An agent takes 512 streams at once: sessions are spread over all machines.
    for (const machine of system.machines) ids.push(await installMachine(client, machine));
    const idFor = (place: number) => ids[place % ids.length] ?? '';

    const began = performance.now();
    const live: LiveSession[] = [];
    const losing: LiveSession[] = [];
    const loser = await clientOf(operator.userPrincipalName);
    const took: number[] = [];
    await inLanes(Array.from({ length: count - losers }).keys(), openWidth, async (place) => {
      took.push(await openSession(client, idFor(place), live));
    });
    await inLanes(Array.from({ length: losers }).keys(), openWidth, async (place) => {
      took.push(await openSession(loser, idFor(place), losing));
    });
    report.step(
      `${live.length + losing.length} sessions, each with a WebSocket`,
      (performance.now() - began) / 1000,
    );
    const credential = createSdkCredential(
      system.twin.addresses.identityEndpoint,
      data.secret('identity-deployment'),
    );
    const lost = await measureLostRight(
      () =>
        removeAssignments(system.twin.addresses.arm, credential, sample.subscriptionScope, operator.objectId),
      losing,
    );
    const revoked = await measureRevocations(client, live);
    return { connect: summarise(took), revocation: summarise(revoked), lostRight: summarise(lost) };
  } finally {
    await system.stop();
    remove();
  }
}

function accountNamed(name: string) {
  const found = sample.accounts.find(({ displayName }) => displayName === name);
  if (!found) throw new Error(`there is no sample account ${name}`);
  return found;
}

const line = ({ count: of, p50, p90, p99, max }: Summary) =>
  `p50 ${milliseconds(p50)}, p90 ${milliseconds(p90)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)} over ${of}`;

const report = createReporter({
  json: process.argv.includes('--json'),
  write: (text) => console.log(text),
  colours: process.stdout.isTTY,
});
const { connect, revocation, lostRight } = await measure(report);
report.table(`${count} live sessions through one proxy`, [
  [`connect request, ${openWidth} at a time`, line(connect)],
  ['own revocation: answer to cut', line(revocation)],
  ['assignment ended in Azure: to cut', line(lostRight)],
]);
process.exit(0);
