import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { arcProgram, readArcConfiguration } from '#agent/arc-configuration.ts';
import { runTool } from '#agent/run-tool.ts';
import { installArcAgent, isOfArc } from '#local/sample-machine/arc-agent.ts';

describe('the azcmagent of a sample machine', () => {
  let root: string;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "o'brien "));
    await installArcAgent(root, [22, 6516]);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const program = () => arcProgram('linux', { ADMIN_CENTER_ROOT: root });
  const azcmagent = (...args: string[]) => spawnSync(program(), args, { encoding: 'utf8' });
  const read = () => readArcConfiguration(runTool, program());

  it('requirements 38 and 42: is read by the agent as the one of Azure Arc is', async () => {
    expect(await read()).toEqual({ known: { enabled: true, ports: [22, 6516] } });
    azcmagent('config', 'set', 'incomingconnections.enabled', 'false');
    azcmagent('config', 'set', 'incomingconnections.ports', '22');
    expect(await read()).toEqual({ known: { enabled: false, ports: [22] } });
    azcmagent('config', 'clear', 'incomingconnections.ports');
    expect(await read()).toEqual({ known: { enabled: false, ports: [] } });
  });

  it('keeps what its owner set when the machine starts again', async () => {
    azcmagent('config', 'set', 'incomingconnections.ports', '443');
    await installArcAgent(root, [22, 6516]);
    expect(azcmagent('config', 'get', 'incomingconnections.ports').stdout).toBe('443\n');
  });

  it.each([
    ['config', 'set', 'incomingconnections.enabled', 'perhaps'],
    ['config', 'set', 'incomingconnections.ports', '22 443'],
    ['config', 'set', 'nothing', 'x'],
    ['config', 'drop', 'incomingconnections.ports'],
    ['disconnect'],
  ])('refuses %s %s %s', (...args) => {
    expect(azcmagent(...args)).toMatchObject({ status: 1, stdout: '' });
  });

  it('is on machines of Azure Arc alone', () => {
    const group = '/subscriptions/x/resourceGroups/y/providers';
    expect(isOfArc(`${group}/Microsoft.HybridCompute/machines/a`)).toBe(true);
    expect(isOfArc(`${group}/Microsoft.Compute/virtualMachines/a`)).toBe(false);
  });
});
