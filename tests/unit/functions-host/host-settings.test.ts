import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { appEnvironment, readLocalSettings } from '#local/functions-host/app-environment.ts';
import { readHostSettings, timeSpanMs } from '#local/functions-host/host-settings.ts';

const folders: string[] = [];
function appWith(files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), 'host-settings-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify(content));
  return folder;
}
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

const read = (hostJson: object, env: NodeJS.ProcessEnv = {}) =>
  readHostSettings(appWith({ 'host.json': { version: '2.0', ...hostJson } }), env);

describe('host.json', () => {
  it('has the defaults of the real host', () => {
    expect(read({})).toMatchObject({
      routePrefix: 'api',
      hubName: 'TestHubName',
      functionTimeoutMs: 1_800_000,
    });
  });

  it('is overridden by the environment, whatever the case', () => {
    const settings = read(
      { extensions: { durableTask: { hubName: 'One' } } },
      {
        AzureFunctionsJobHost__extensions__DurableTask__HubName: 'Two',
        AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentSessions: '3',
        AzureFunctionsJobHost__functionTimeout: '-1',
      },
    );
    expect(settings).toMatchObject({ hubName: 'Two', functionTimeoutMs: undefined });
    expect(settings.serviceBus.maxConcurrentSessions).toBe(3);
  });

  it.each<[string, object, RegExp]>([
    ['without its version', { version: '1' }, /version/],
    ['with a hub name of other signs', { extensions: { durableTask: { hubName: 'a-b' } } }, /hubName 'a-b'/],
    ['with a setting that is missing', { extensions: { durableTask: { hubName: '%X%' } } }, /'%X%'/],
    ['with a timeout that is no time', { functionTimeout: 'soon' }, /functionTimeout/],
    [
      'with manual settlement',
      { extensions: { serviceBus: { autoCompleteMessages: false } } },
      /autoComplete/,
    ],
  ])('%s is refused', (_, hostJson, message) => {
    expect(() => read(hostJson)).toThrow(message);
  });

  it('must be there', () => {
    expect(() => readHostSettings(appWith({}), {})).toThrow(/host\.json is missing/);
  });
});

it.each([
  ['00:05:00', 300_000],
  ['1.00:00:01', 86_401_000],
  ['01:30', 5_400_000],
  ['5 minutes', undefined],
])('the time span %s is %s ms', (text, ms) => {
  expect(timeSpanMs(text)).toBe(ms);
});

describe('local.settings.json', () => {
  it('gives its values, and none when it is missing', () => {
    expect(readLocalSettings(appWith({ 'local.settings.json': { Values: { A: 'b' } } }))).toEqual({ A: 'b' });
    expect(readLocalSettings(appWith({}))).toEqual({});
  });

  it.each<[string, object, RegExp]>([
    ['encrypted', { IsEncrypted: true }, /encrypted/],
    ['with a number', { Values: { A: 1 } }, /value of A is not a text/],
  ])('%s is refused', (_, content, message) => {
    expect(() => readLocalSettings(appWith({ 'local.settings.json': content }))).toThrow(message);
  });
});

describe('the environment of the app', () => {
  it('says where the host is, and keeps proxies away from it', () => {
    const env = appEnvironment({ NO_PROXY: 'example.org', OWN: '1' }, '/app', 7071);
    expect(env).toMatchObject({
      OWN: '1',
      WEBSITE_HOSTNAME: 'localhost:7071',
      FUNCTIONS_WORKER_RUNTIME: 'node',
      AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
      AzureWebJobsDisableHomepage: 'true',
      NO_PROXY: 'example.org,127.0.0.1,localhost,.localhost',
    });
  });
});
