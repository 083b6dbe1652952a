import { describe, expect, it } from 'vitest';
import { readCommand } from '#agent/command-line.ts';

const config = ['--config', 'FILE'];
const bundle = { name: 'bundle', config: 'FILE', out: undefined, azcmagent: false, keepsUsers: false };

describe('the command line of the agent', () => {
  it.each([
    [['run', ...config], { name: 'run', config: 'FILE' }],
    [['forget', ...config], { name: 'forget', config: 'FILE' }],
    [['check', ...config], { name: 'check', config: 'FILE', isJson: false }],
    [['--config=FILE', '--json', 'check'], { name: 'check', config: 'FILE', isJson: true }],
    [['bundle', ...config], bundle],
    [
      ['bundle', ...config, '--out', 'a.zip', '--azcmagent', '--keep-users'],
      { ...bundle, out: 'a.zip', azcmagent: true, keepsUsers: true },
    ],
  ])('takes %j', (args, command) => {
    expect(readCommand(args)).toEqual(command);
  });

  it.each([
    [[]],
    [['check']],
    [['run']],
    [['bundle']],
    [config],
    [['chek', ...config]],
    [['constructor', ...config]],
    [['check', 'run', ...config]],
    [['check', ...config, '--all']],
    [['check', ...config, '--out', 'y']],
    [['run', ...config, '--json']],
    [['forget', ...config, '--json']],
    [['run', ...config, '--azcmagent']],
    [['bundle', ...config, '--json']],
  ])('refuses %j', (args) => {
    expect(readCommand(args)).toBeUndefined();
  });
});
