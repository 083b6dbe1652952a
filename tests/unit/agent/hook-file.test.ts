import { describe, expect, it } from 'vitest';
import { createWindowsHookCheck, isAdministratorsOnly } from '#agent/hook-file.ts';
import type { ToolOutput } from '#agent/run-tool.ts';

const guarded = 'O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)';

describe('who may change a hook on Windows', () => {
  it.each([
    ['SYSTEM and Administrators alone', guarded, true],
    ['they, and everybody reads', `${guarded}(A;;0x1200a9;;;BU)`, true],
    ['they, by inherited entries', 'O:S-1-5-32-544G:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)', true],
    ['they, and whoever makes something in it owns that', `${guarded}(A;OICIIO;GA;;;CO)`, true],
    ['they, and a denial', `O:SYG:SYD:(D;;FA;;;BG)(A;;FA;;;SY)`, true],
    ['users too', `${guarded}(A;;0x1301bf;;;BU)`, false],
    ['somebody who may take it over', `${guarded}(A;;WDWO;;;AU)`, false],
    ['everybody', `${guarded}(A;;FA;;;WD)`, false],
    ['its owner, who is nobody of them', 'O:S-1-5-21-1-2-3-1001G:SYD:(A;;FA;;;SY)', false],
    ['everybody, for want of a list', 'O:BAG:SYD:NO_ACCESS_CONTROL', false],
    ['who knows', '', false],
  ])('%s', (_, sddl, isGood) => {
    expect(isAdministratorsOnly(sddl)).toBe(isGood);
  });

  it('is asked for folder and file, by the full path of the tool', async () => {
    const asked: string[] = [];
    const answers: ToolOutput[] = [];
    const check = createWindowsHookCheck(
      async (file, args) => {
        asked.push(`${file} ${args.join(' ')}`);
        return answers.shift() ?? { failure: 'unfinished' };
      },
      { SystemRoot: String.raw`C:\Windows` },
    );
    answers.push({ exitCode: 0, stdout: `${guarded}\r\n` }, { exitCode: 0, stdout: `${guarded}\r\n` });
    expect(await check(String.raw`C:\d\hooks`, String.raw`C:\d\hooks\o'brien.ps1`)).toBeUndefined();
    expect(asked[0]).toMatch(/^C:\\Windows\\System32\\WindowsPowerShell\\v1\.0\\powershell\.exe /);
    expect(asked[1]).toContain("'C:\\d\\hooks\\o''brien.ps1'");
    expect(await check('folder', 'file')).toBe('folder cannot be looked at');
    answers.push({ exitCode: 3, stdout: '' }, { exitCode: 0, stdout: `${guarded}(A;;FA;;;WD)` });
    expect(await check('folder', 'file')).toBe('folder is a link');
    expect(await check('folder', 'file')).toBe('others than administrators may write folder');
  });
});
