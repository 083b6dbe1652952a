import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#local/kit/free-port.ts';
import { groupId, startCloud, subscriptionId, zone } from '../contract/resource-manager/cloud.ts';
import { requirePrograms } from '../support/programs.ts';
import { failureOf, runProgram } from './run-program.ts';

const python = '/usr/bin/python3';
const isHere = requirePrograms('curl against the resource manager', [
  { program: 'curl', debianPackage: 'curl' },
]);
const hasClients =
  (await runProgram(python, ['-c', 'import azure.mgmt.network, requests']).catch(() => ({ code: 1 })))
    .code === 0;
const suite = "Microsoft's Python clients and requests against the resource manager";
const isPythonHere =
  hasClients ||
  requirePrograms(suite, [{ program: 'python3-azure', debianPackage: 'python3-azure python3-requests' }]);

const folder = mkdtempSync(join(tmpdir(), 'stranger-'));
const bundle = join(folder, 'root.pem');
let origin: string;
let token: string;
beforeAll(async () => {
  const port = await freePort();
  // Strangers resolve names on their own; not all of them know names below localhost.
  origin = `https://127.0.0.1:${port}`;
  const cloud = await startCloud({
    port,
    publicOrigin: origin,
    retryAfterSeconds: 1,
    operationDelayMs: 50,
    onCreated: ({ tls }) => writeFileSync(bundle, tls.cert),
  });
  token = await cloud.entra.mint({ aud: 'https://management.azure.com' });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!isHere)('curl', () => {
  const authorized = () => ['--header', `Authorization: Bearer ${token}`];
  const curl = async (...args: string[]) => {
    const { code, output } = await runProgram('curl', [
      '--silent',
      '--cacert',
      bundle,
      '--write-out',
      '\n%{http_code}',
      ...args,
    ]);
    const lines = output.trimEnd().split('\n');
    return {
      code,
      status: Number(lines.at(-1)),
      body: JSON.parse(lines.slice(0, -1).join('\n') || '{}') as unknown,
    };
  };

  it('makes and reads a record set by the documented example', async () => {
    // "Record Sets - Create Or Update", example "Create TXT recordset": learn.microsoft.com/rest/api/dns/record-sets/create-or-update
    const url = `${origin}${groupId}/providers/Microsoft.Network/dnsZones/${zone}/TXT/record1?api-version=2018-05-01`;
    const body = JSON.stringify({
      properties: {
        metadata: { key1: 'value1' },
        TTL: 3600,
        TXTRecords: [{ value: ['string1', 'string2'] }],
      },
    });
    const made = await curl(
      ...authorized(),
      '--request',
      'PUT',
      '--header',
      'Content-Type: application/json',
      '--data',
      body,
      url,
    );
    expect(made).toMatchObject({
      status: 201,
      body: {
        name: 'record1',
        type: expect.stringMatching(/^Microsoft.Network\/dnszones\/TXT$/i),
        properties: { TTL: 3600, TXTRecords: [{ value: ['string1', 'string2'] }], fqdn: `record1.${zone}.` },
      },
    });
    expect(await curl(...authorized(), url)).toEqual({ ...made, status: 200 });
  });

  it('is told in words of ARM what is missing', async () => {
    expect(await curl(...authorized(), `${origin}/subscriptions`)).toMatchObject({
      status: 400,
      body: { error: { code: 'MissingApiVersionParameter' } },
    });
    expect(await curl(`${origin}/subscriptions?api-version=2021-04-01`)).toMatchObject({
      status: 401,
      body: { error: { code: 'AuthenticationFailed' } },
    });
  });
});

describe.skipIf(!isPythonHere)("Microsoft's Python clients", () => {
  it('use DNS, networks, machines, locks, roles and relays as in Azure', async () => {
    const program = fileURLToPath(new URL('./python/resource_manager.py', import.meta.url));
    const result = await runProgram(python, [program, origin, subscriptionId, 'rg-local', zone], {
      ARM_TOKEN: token,
      REQUESTS_CA_BUNDLE: bundle,
      PYTHONWARNINGS: 'ignore',
    });
    expect(failureOf(result)).toBeUndefined();
    expect(JSON.parse(result.output.trimEnd().split('\n').at(-1) ?? '')).toEqual({
      groups: ['rg-local'],
      registered: expect.stringMatching(/^Register(ing|ed)$/),
      text: ['from python'],
      twice: 412,
      rules: [['PortForWAC', '6516']],
      address: expect.stringMatching(/^203\.0\.113\./),
      machine: 'Succeeded',
      extension: 'Succeeded',
      power: ['PowerState/deallocated'],
      locked: [409, 'ScopeLocked'],
      deleted: true,
      reader: ['acdd72a7-3385-48ef-bd42-f606fba81ae7'],
      relay: 'python',
    });
  });

  it('reach listCredentials and its limits through requests', async () => {
    const script = `
import json, os, requests
def ask(method, path, body=None, **query):
    url = os.environ["ORIGIN"] + path
    headers = {"Authorization": "Bearer " + os.environ["ARM_TOKEN"]}
    return requests.request(method, url, params={"api-version": "2023-03-15", **query}, headers=headers, json=body)
base = os.environ["MACHINE"] + "/providers/Microsoft.HybridConnectivity/endpoints/default"
provider = os.environ["MACHINE"].split("/resourceGroups")[0] + "/providers/Microsoft.HybridConnectivity/register"
ask("POST", provider, **{"api-version": "2021-04-01"})
import time
time.sleep(0.5)
steps = [
    ask("POST", base + "/listCredentials", {"serviceName": "WAC"}),
    ask("PUT", base, {"properties": {"type": "default"}}),
    ask("POST", base + "/listCredentials", {"serviceName": "WAC"}),
    ask("PUT", base + "/serviceConfigurations/WAC", {"properties": {"serviceName": "WAC", "port": 6516}}),
    ask("POST", base + "/listCredentials", {"serviceName": "WAC"}, expiresin=10800),
    ask("POST", base + "/listCredentials", {}, expiresin=10801),
    ask("POST", base + "/listManagedProxyDetails", {"service": "127.0.0.1:65035", "hostname": "r.proxy.arc.com", "serviceName": "WAC"}),
]
print(json.dumps([step.status_code for step in steps]))
`;
    const machine = `${groupId}/providers/Microsoft.HybridCompute/machines/sample-1`;
    const env = { ORIGIN: origin, MACHINE: machine, ARM_TOKEN: token, REQUESTS_CA_BUNDLE: bundle };
    const result = await runProgram(python, ['-c', script], env);
    expect(result).toEqual({ code: 0, output: '[404, 200, 412, 201, 200, 400, 200]\n' });
  });
});
