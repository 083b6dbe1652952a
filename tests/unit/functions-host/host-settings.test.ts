import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { appEnvironment, localHttpPort, readLocalSettings } from '#local/functions-host/app-environment.ts';
import { readHostSettings, timeSpanMs } from '#local/functions-host/host-settings.ts';
import { connectionSetting } from '#local/functions-host/service-bus/connection-setting.ts';

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
    ['with throttling by load', { concurrency: { dynamicConcurrencyEnabled: true } }, /dynamicConcurrency/],
    [
      'with HSTS',
      { extensions: { http: { hsts: { isEnabled: true } } } },
      /hsts\.isEnabled true is not served/,
    ],
    ['with a log level that is none', { logging: { logLevel: { default: 'Loud' } } }, /default 'Loud'/],
    ['with functions that are no list', { functions: 'a' }, /functions must be an array/],
    [
      'with half a request at once',
      { extensions: { http: { maxConcurrentRequests: 0.5 } } },
      /maxConcurrentRequests must be a whole number/,
    ],
    [
      'with a header that is no text',
      { extensions: { http: { customHeaders: { a: 1 } } } },
      /customHeaders\.a must be a text/,
    ],
  ])('%s is refused', (_, hostJson, message) => {
    expect(() => read(hostJson)).toThrow(message);
  });

  it('limits requests, and -1 is no limit', () => {
    const http = { maxConcurrentRequests: 5, maxOutstandingRequests: -1, customHeaders: { 'x-a': 'b' } };
    expect(read({ extensions: { http } }).http).toEqual({
      maxConcurrentRequests: 5,
      maxOutstandingRequests: undefined,
      customHeaders: { 'x-a': 'b' },
    });
  });

  it('says which functions are served and what is logged', () => {
    const settings = read({ functions: ['a'], logging: { logLevel: { 'Function.A': 'Error' } } });
    expect(settings.functions).toEqual(['a']);
    expect([...settings.logLevels]).toEqual([['function.a', 'error']]);
  });

  it('may hold what has no meaning here', () => {
    expect(() =>
      read({ extensionBundle: {}, retry: {}, extensions: { durableTask: { storageProvider: {} } } }),
    ).not.toThrow();
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

  it('gives its connection strings, and its port', () => {
    const folder = appWith({
      'local.settings.json': { ConnectionStrings: { Bus: 'Endpoint=x' }, Host: { LocalHttpPort: 7099 } },
    });
    expect(readLocalSettings(folder)).toEqual({ ConnectionStrings__Bus: 'Endpoint=x' });
    expect(localHttpPort(folder)).toBe(7099);
    expect(localHttpPort(appWith({}))).toBeUndefined();
  });

  it.each([-1, 1.5, '7071', 70_000])('with the port %s is refused', (LocalHttpPort) => {
    const folder = appWith({ 'local.settings.json': { Host: { LocalHttpPort } } });
    expect(() => localHttpPort(folder)).toThrow(/LocalHttpPort must be a port/);
  });

  it.each<[string, object, RegExp]>([
    ['encrypted', { IsEncrypted: true }, /encrypted/],
    ['with CORS', { Host: { CORS: '*' } }, /CORS is not served/],
    ['with a number', { Values: { A: 1 } }, /value of A is not a text/],
  ])('%s is refused', (_, content, message) => {
    expect(() => readLocalSettings(appWith({ 'local.settings.json': content }))).toThrow(message);
  });
});

it('a file that is not JSON is named', () => {
  const folder = appWith({});
  writeFileSync(join(folder, 'local.settings.json'), '{');
  expect(() => readLocalSettings(folder)).toThrow(/local\.settings\.json is not JSON/);
});

describe('the connection X of a trigger', () => {
  const namespace = 'a.servicebus.windows.net';

  it.each<[string, NodeJS.ProcessEnv, object]>([
    ['the setting X', { X: 'Endpoint=x' }, { text: 'Endpoint=x' }],
    ['AzureWebJobsX before X', { X: 'Endpoint=x', AzureWebJobsX: 'Endpoint=y' }, { text: 'Endpoint=y' }],
    ['a connection string', { ConnectionStrings__X: 'Endpoint=z' }, { text: 'Endpoint=z' }],
    ['the namespace, by identity', { X__fullyQualifiedNamespace: namespace }, { namespace }],
    [
      'a user-assigned identity',
      { X__fullyQualifiedNamespace: namespace, X__clientId: 'c' },
      { namespace, clientId: 'c' },
    ],
    ['nothing', { Y: 'Endpoint=x' }, {}],
  ])('is %s', (_, env, expected) => {
    expect(connectionSetting('X', env)).toEqual(expected);
  });
});

describe('the environment of the app', () => {
  it('is of Node alone', () => {
    expect(() => appEnvironment({ FUNCTIONS_WORKER_RUNTIME: 'python' }, '/app', 1)).toThrow(/'python'/);
  });

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
