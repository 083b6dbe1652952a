import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where this person's settings of this program are: told, or as the system has it (XDG base directories, Windows). */
export function settingsFolder(env: Environment, platform: NodeJS.Platform, home: string): string {
  if (env['ADMIN_CENTER_CONFIG_DIR']) return env['ADMIN_CENTER_CONFIG_DIR'];
  if (platform === 'win32') return join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), 'wacctl');
  return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'wacctl');
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/** Others of this computer could read it, or it is not this person's own. Windows has no such bits: profiles are private. */
const isExposed = ({ mode, uid }: { mode: number; uid: number }): boolean => {
  const own = process.getuid?.();
  return own !== undefined && ((mode & 0o077) !== 0 || uid !== own);
};

export type PrivateText = { state: 'absent' } | { state: 'exposed' } | { state: 'private'; text: string };

/** What a file holds that nobody else may read; a link is not followed. Throws what the system says otherwise. */
export async function readPrivateFile(path: string): Promise<PrivateText> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (isAbsent(error)) return { state: 'absent' };
    if (error instanceof Error && 'code' in error && error.code === 'ELOOP') return { state: 'exposed' };
    throw error;
  }
  try {
    if (isExposed(await file.stat())) return { state: 'exposed' };
    return { state: 'private', text: await file.readFile('utf8') };
  } finally {
    await file.close();
  }
}

/** The whole file at once, so that whoever reads sees the old one or the new one. What was begun goes at a failure. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const begun = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(begun, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(begun, path);
  } catch (error) {
    await rm(begun, { force: true });
    throw error;
  }
}

/** Mode 0600, in a folder that is of mode 0700 where it was not there: another's rights are his own matter. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await replaceFile(path, text, 0o600);
}

/** True when it was there. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** Names of the files of a folder, none where there is no folder. */
export async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
