import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '#cli/program.ts';
import * as sample from '#local/samples/sample-data.ts';
import type { FakeApi } from './fake-api.ts';
import { hasTerminals, nowhere, startProgram } from './run-program.ts';
import { machineList } from './sample-replies.ts';
import { pressAccount, type SignInWorld, startSignInWorld } from './sign-in-world.ts';

const preload = fileURLToPath(new URL('../../../local/kit/preload.mjs', import.meta.url));
const [administrator = { userPrincipalName: '' }] = sample.accounts;

let world: SignInWorld;
let api: FakeApi;
let configure: SignInWorld['configure'];

beforeAll(async () => {
  world = await startSignInWorld();
});
afterAll(() => world.close());

beforeEach(async () => {
  api = await world.startApi();
  ({ configure } = world);
});
afterEach(() => api.close());

/** The program as a person runs it in a terminal; `show` gets the address of the sign-in page. */
async function runInTerminal(
  args: readonly string[],
  show: (url: string) => unknown,
  stop = new AbortController(),
) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => ({
    isTTY: name === 'stderr',
    write: (text: string) => {
      written[name] += text;
    },
  });
  const shown: unknown[] = [];
  const code = await runProgram(args, {
    env: { ADMIN_CENTER_API_URL: api.origin, ADMIN_CENTER_CONFIG_DIR: nowhere },
    stdin: new PassThrough(),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    signal: stop.signal,
    openBrowser(url) {
      shown.push(show(url));
      return true;
    },
  });
  await Promise.all(shown);
  return { code, ...written };
}

const addressIn = /https:\/\/login\.localhost:\d+\/\S+authorize\?\S+/;

describe('a sign-in', () => {
  it('asks for the API alone, as the command line, with a challenge and a loopback redirect', async () => {
    const { promise, resolve } = Promise.withResolvers<URL>();
    const stop = new AbortController();
    const { code } = await runInTerminal(
      ['whoami'],
      (url) => {
        resolve(new URL(url));
        stop.abort();
      },
      stop,
    );
    const query = Object.fromEntries((await promise).searchParams);
    expect(query).toMatchObject({
      client_id: sample.commandLineClientId,
      response_type: 'code',
      scope: sample.apiScope,
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/localhost:\d+\/signed-in$/),
    });
    expect(code).toBe(130);
  });

  it('in the browser gives the token that the API accepts, and shows it nowhere', async () => {
    const pages: string[] = [];
    const { code, stdout, stderr } = await runInTerminal(['whoami', '--json'], async (url) => {
      const page = await pressAccount(url);
      pages.push(await page.text(), page.headers.get('content-security-policy') ?? '');
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      name: administrator.userPrincipalName,
      tenantId: sample.tenantId,
    });
    expect(pages[0]).toContain('Go back to the terminal');
    expect(pages[1]).toContain("default-src 'none'");
    const token = api.requests.at(-1)?.authorization?.replace('Bearer ', '') ?? '';
    expect(decodeJwt(token)['azp']).toBe(sample.commandLineClientId);
    expect(stdout + stderr).not.toContain(token);
  });

  it('is asked for once in a run that calls the API more than once', async () => {
    const { code } = await runInTerminal(['machine', 'server-01'], pressAccount);
    expect(code).toBe(1);
    api.routes['GET /api/machines'] = { body: machineList([]) };
    const { stderr } = await runInTerminal(['machine', 'server-01'], pressAccount);
    expect(stderr.match(/sign you in/g)).toHaveLength(1);
    expect(stderr).toContain('machine_unknown');
  });

  it('goes on waiting when somebody else knocks with another state', async () => {
    const knocks: number[] = [];
    const { code } = await runInTerminal(['whoami'], async (url) => {
      const redirect = new URL(url).searchParams.get('redirect_uri') ?? '';
      for (const knock of [
        `${redirect}?code=stolen&state=guessed`,
        redirect.replace('signed-in', 'elsewhere'),
      ]) {
        knocks.push((await fetch(knock)).status);
      }
      await pressAccount(url);
    });
    expect(knocks).toEqual([400, 404]);
    expect(code).toBe(0);
  });

  it('that the person refuses ends with 3 in the words of the sign-in service', async () => {
    const { code, stderr } = await runInTerminal(['whoami'], async (url) => {
      const query = new URL(url).searchParams;
      const answer = {
        error: 'access_denied',
        error_description: 'the person said no',
        state: query.get('state') ?? '',
      };
      await fetch(`${query.get('redirect_uri')}?${new URLSearchParams(answer)}`);
    });
    expect(code).toBe(3);
    expect(stderr).toContain('the person said no');
  });

  it('with a code that the service did not give ends with 3', async () => {
    const { code, stderr } = await runInTerminal(['whoami'], async (url) => {
      const query = new URL(url).searchParams;
      await fetch(
        `${query.get('redirect_uri')}?${new URLSearchParams({ code: 'invented', state: query.get('state') ?? '' })}`,
      );
    });
    expect(code).toBe(3);
    expect(stderr).toContain('sign_in_refused');
    expect(stderr).toContain('AADSTS');
  });

  it('ends with 3 when nothing answers at the authority', async () => {
    configure({ authority: 'https://login.localhost:1/v2.0' });
    const { code, stderr } = await runInTerminal(['whoami'], () => undefined);
    expect(code).toBe(3);
    expect(stderr).toContain('sign_in_unreachable');
  });

  it('is not begun when the service does not say how', async () => {
    configure({ commandLineClientId: undefined });
    const { code, stderr } = await runInTerminal(['whoami'], () => undefined);
    expect(code).toBe(3);
    expect(stderr).toContain('sign_in_undescribed');
    expect(stderr).toContain('commandLineClientId');
  });
});

describe.runIf(hasTerminals)('the real program on a terminal', () => {
  const start = () =>
    startProgram(['whoami', '--no-browser', '--api', api.origin], {
      isTerminal: true,
      nodeArgs: ['--import', preload],
      env: { ADMIN_CENTER_LOCAL_CA_FILE: world.caFile },
    });

  it('prints the address, and goes on when the browser came back', async () => {
    const program = start();
    const [address] = await program.shows(addressIn);
    await pressAccount(address);
    expect(await program.ended).toBe(0);
    expect(program.stdout).toContain(`name       ${administrator.userPrincipalName}\r\n`);
  });

  it('ends with 130 at Ctrl-C while it waits for the browser', async () => {
    const program = start();
    await program.shows(addressIn);
    program.type('\x03');
    expect(await program.ended).toBe(130);
    expect(program.stdout).toContain('interrupted');
    expect(api.requests.map(({ line }) => line)).toEqual(['GET /portal/config.json']);
  });
});
