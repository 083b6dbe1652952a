import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCertificateDelivery } from '#agent/certificate-delivery.ts';
import { openCertificateKeys } from '#agent/certificate-keys.ts';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { createCertificateStore } from '#agent/certificate-store.ts';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import { issueForRequest, machineName, zone } from '../../contract/agent/test-authority.ts';
import { files } from './failing-files.ts';

vi.mock('node:fs/promises', async (importOriginal) => {
  const { guardFiles } = await import('./failing-files.ts');
  return guardFiles(await importOriginal());
});

const { privateKey: unsealingKey } = await generateKeyPair('ECDH-ES+A256KW');
const nextName = 'n'.repeat(26);
/** An issue, then one for another name, as a control plane runs them. */
const issues = [
  { id: 'first', name: machineName },
  { id: 'second', name: nextName },
];

/** What the control plane knows; it outlives every crash of the agent, and never takes two requests for one id. */
function createRecord() {
  const requests = new Map<string, string>();
  const chains = new Map<string, string>();
  let done = 0;

  const namedState = (name: string, retired: string[]): AgentState => ({
    machineId: '',
    machineName: name,
    zone,
    services: [],
    retiredNames: retired.map((each) => ({ machineName: each, until: '' })),
    ticketKeys: [],
    relay: { host: '', path: name },
    messages: { host: '', endpoint: '', eventQueue: '', reportQueue: '' },
  });
  const thumbprintFor = (id: string) => thumbprintOf(new X509Certificate(chains.get(id) ?? ''));
  const certificateOf = (id: string) => ({
    certificate: { thumbprint: thumbprintFor(id), version: '1', notAfter: '', custody: 'machine' as const },
  });

  return {
    thumbprintFor,
    isDone: () => done === issues.length,
    served: () => void (done += 1),
    async fetchCertificate() {
      const { id = '' } = issues[done] ?? {};
      return { thumbprint: thumbprintFor(id), chainPem: chains.get(id) ?? '' };
    },
    async sendCertificateRequest({ id, request }: { id: string; request: string }) {
      expect(requests.get(id) ?? request).toBe(request);
      requests.set(id, request);
      if (!chains.has(id)) chains.set(id, await issueForRequest(request));
    },
    state(): AgentState {
      const before = issues[done - 1];
      const issue = issues[done];
      if (!issue) return namedState(nextName, []);
      if (chains.has(issue.id)) {
        const retired = issue.name === nextName ? [machineName] : [];
        return { ...namedState(issue.name, retired), ...certificateOf(issue.id) };
      }
      const hostNames = [`${issue.name}.${zone}`, `*.${issue.name}.${zone}`];
      return {
        ...namedState(machineName, []),
        ...(before && certificateOf(before.id)),
        certificateRequest: { id: issue.id, hostNames },
      };
    },
  };
}

class Crash extends Error {}

/** Dies at this step of the disk, and does nothing after it. Answers whether it has, and how to go on. */
function crashAt(step: number) {
  let steps = 0;
  files.before = () => {
    steps += 1;
    if (steps >= step) throw new Crash(`step ${step}`);
  };
  return {
    requireLife() {
      if (steps >= step) throw new Crash(`step ${step}`);
    },
    steps: () => steps,
    revive() {
      files.before = () => undefined;
    },
  };
}

/** One life of the agent: until everything is done, or until it dies. */
async function live(
  dataDirectory: string,
  record: ReturnType<typeof createRecord>,
  requireLife: () => void = () => undefined,
): Promise<void> {
  const keys = await openCertificateKeys(dataDirectory);
  const store = createCertificateStore({ dataDirectory, unsealingKey, keys, onFileFailure: requireLife });
  await store.load();
  const delivery = createCertificateDelivery({
    store,
    keys,
    controlPlane: {
      async fetchCertificate() {
        requireLife();
        return record.fetchCertificate();
      },
      async sendCertificateRequest(body) {
        requireLife();
        return record.sendCertificateRequest(body);
      },
    },
    onServed: requireLife,
    onRequested: requireLife,
  });
  while (!record.isDone()) {
    const state = record.state();
    await delivery.apply(state);
    const { certificate, certificateRequest: open, machineName: name } = state;
    if (!open && certificate?.thumbprint === delivery.servingThumbprint(name)) record.served();
  }
  await delivery.apply(record.state());
}

describe('an agent that dies at any step of the disk', () => {
  let dataDirectory: string;
  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'agent-crash-'));
  });
  afterEach(async () => {
    files.before = () => undefined;
    await rm(dataDirectory, { recursive: true });
  });

  async function requireEndState(record: ReturnType<typeof createRecord>): Promise<void> {
    const left = (await readdir(dataDirectory, { recursive: true })).filter((name) => /\.\w+$/.test(name));
    expect(left).toHaveLength(2);
    const pem = await readFile(join(dataDirectory, 'certificates', `${nextName}.pem`), 'utf8');
    expect(thumbprintOf(new X509Certificate(pem))).toBe(record.thumbprintFor('second'));
    const [key = ''] = await readdir(join(dataDirectory, 'certificate-keys'));
    expect(JSON.parse(await readFile(join(dataDirectory, 'certificate-keys', key), 'utf8'))).toMatchObject({
      id: 'second',
    });
  }

  it('has served every certificate in the end, with one request for each order and nothing left over', async () => {
    const whole = crashAt(Number.POSITIVE_INFINITY);
    const record = createRecord();
    await live(dataDirectory, record);
    await requireEndState(record);
    const steps = whole.steps();
    expect(steps).toBeGreaterThan(20);
    for (let step = 1; step <= steps; step += 1) {
      await rm(dataDirectory, { recursive: true });
      const again = createRecord();
      const death = crashAt(step);
      await expect(live(dataDirectory, again, death.requireLife)).rejects.toThrow(Crash);
      death.revive();
      await live(dataDirectory, again);
      await requireEndState(again);
    }
  }, 60_000);
});
