import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const cookieName = 'local-sign-in';
const maxBodyBytes = 8 * 1024;
const maxSignedIn = 100;

/** What somebody typed into the form. It is in memory until the process ends, and nowhere else. */
interface LocalSignIn {
  user: string;
  password: string;
}

/**
 * Sign-in with an account of the machine itself (requirement 78), and for whatever asks for one though the visitor is
 * known, as PowerShell and Remote Desktop do (81). A sample has no accounts: it takes any password.
 */
export interface LocalSignIns {
  /** Takes the posted form; answers the value of `Set-Cookie`, or undefined when it is no sign-in. */
  take(request: IncomingMessage): Promise<string | undefined>;
  find(request: IncomingMessage): LocalSignIn | undefined;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBodyBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

export function createLocalSignIns(): LocalSignIns {
  const signedIn = new Map<string, LocalSignIn>();
  return {
    async take(request) {
      const form = await readForm(request);
      const user = form?.get('user') ?? '';
      const password = form?.get('password') ?? '';
      if (user === '' || password === '') return undefined;
      const [oldest] = signedIn.keys();
      if (signedIn.size >= maxSignedIn && oldest !== undefined) signedIn.delete(oldest);
      const id = randomBytes(16).toString('base64url');
      signedIn.set(id, { user, password });
      return `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax`;
    },
    find({ headers }) {
      const id = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]{22})(?:;|$)`).exec(headers.cookie ?? '')?.[1];
      return id === undefined ? undefined : signedIn.get(id);
    },
  };
}
