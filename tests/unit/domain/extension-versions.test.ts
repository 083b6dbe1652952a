import { describe, expect, it } from 'vitest';
import { judgeExtension, oldestExtension } from '#shared/domain/extension-versions.ts';

describe('a version of the documented handler', () => {
  it.each([
    ['0.0.0.168', oldestExtension],
    ['0.0.0.9', oldestExtension],
    ['0.0.0.169', undefined],
    ['0.0.0.0170', undefined],
    ['0.0.1', undefined],
    ['1.10', undefined],
  ])('%s lets people connect, or says from which version on: %s', (version, needed) => {
    expect(judgeExtension(version).connectNeeds).toBe(needed);
  });

  it.each([
    ['0.0.0.202', '*.wac.azure.com'],
    ['0.0.0.203', '*.waconazure.com'],
    ['0.0.0.204', '*.waconazure.com'],
  ])('%s looks for its service at %s', (version, hosts) => {
    expect(judgeExtension(version).hosts).toBe(hosts);
  });

  it.each([
    ['0.0.0.320', false],
    ['0.0.0.321', false],
    ['0.0.0.322', true],
    ['0.1.0', true],
  ])('%s takes settings of a proxy: %s', (version, takesProxy) => {
    expect(judgeExtension(version).takesProxy).toBe(takesProxy);
  });

  it.each([undefined, '', 'latest'])('that says nothing (%s) is taken for the newest', (version) => {
    expect(judgeExtension(version)).toEqual({ hosts: '*.waconazure.com', takesProxy: true });
  });
});
