import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { failureOf } from '../failure.ts';
import { filesIn, readPrivateFile, removeFile, writePrivateFile } from '../private-files.ts';
import type { Grant } from './sign-in-service.ts';

/** One file for each control plane, so that two runs never write the same one for two of them. */
const kept = z.object({
  /** A token is given to the address that it was got for, and to no other. */
  api: z.string(),
  service: z.object({ authority: z.string(), clientId: z.string(), scope: z.string() }),
  accessToken: z.string(),
  expiresAt: z.number(),
  refreshToken: z.string().optional(),
});

/** The part of an address that a file's name can have. */
export const shortNameOf = (api: string): string =>
  createHash('sha256').update(api).digest('hex').slice(0, 16);

const prefix = 'sign-in-';

export interface KeptSignIns {
  /** Where it is or would be. */
  readonly path: string;
  /** Throws `sign_in_exposed` when others can read it. */
  read(): Promise<Grant | undefined>;
  write(grant: Grant): Promise<void>;
  /** True when there was one. */
  remove(): Promise<boolean>;
  /** Of every control plane; how many there were. */
  removeAll(): Promise<number>;
}

function parse(text: string): z.output<typeof kept> | undefined {
  try {
    return kept.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What `login` keeps on this computer for one control plane: files of this person alone. */
export function createKeptSignIns(folder: string, api: string): KeptSignIns {
  const path = join(folder, `${prefix}${shortNameOf(api)}.json`);
  return {
    path,
    async read() {
      const found = await readPrivateFile(path);
      if (found.state === 'absent') return undefined;
      if (found.state === 'exposed') throw failureOf('sign_in_exposed', `others can read or replace ${path}`);
      const value = parse(found.text);
      if (value?.api !== api) return undefined;
      const { service, accessToken, expiresAt, refreshToken } = value;
      return { service, accessToken, expiresAt, ...(refreshToken !== undefined && { refreshToken }) };
    },
    write: (grant) => writePrivateFile(path, `${JSON.stringify({ api, ...grant })}\n`),
    remove: () => removeFile(path),
    async removeAll() {
      const names = (await filesIn(folder)).filter((name) => name.startsWith(prefix));
      const removed = await Promise.all(names.map((name) => removeFile(join(folder, name))));
      return removed.filter(Boolean).length;
    },
  };
}
