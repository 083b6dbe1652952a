import { createHash } from 'node:crypto';
import type { HttpReply } from '#local/kit/http-server.ts';
import type { LocalAccount } from './directory.ts';

const style = `
:root { color-scheme: light dark; --ground: light-dark(#eef1f5, #14171c); --card: light-dark(#fff, #1e232b);
  --ink: light-dark(#1b1f26, #e8ebf0); --faint: light-dark(#59626f, #a3adba); --line: light-dark(#d3d9e1, #363e4a);
  --accent: light-dark(#0b5cad, #6cb4ff); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", sans-serif; }
main { width: min(28rem, 100%); padding: 2rem; border: 1px solid var(--line); border-radius: 12px; background: var(--card); }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
p { margin: .5rem 0 0; color: var(--faint); overflow-wrap: anywhere; }
form { display: grid; gap: .6rem; margin: 1.5rem 0 0; }
button { display: grid; gap: .1rem; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: transparent;
  color: inherit; font: inherit; text-align: start; cursor: pointer; }
button:hover { border-color: var(--accent); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
strong { font-weight: 600; }
span { color: var(--faint); font-size: .875rem; overflow-wrap: anywhere; }
code { font: .875rem ui-monospace, monospace; }
label { font-weight: 600; }
input { padding: .7rem .9rem; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: inherit;
  font: 1.25rem ui-monospace, monospace; letter-spacing: .15em; text-transform: uppercase; width: 100%; }
input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.main { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #10151c); font-weight: 600; text-align: center; }
.plain { border-color: transparent; color: var(--accent); text-align: center; }
[role=alert] { color: light-dark(#a4262c, #ff9aa0); }
`;
const styleHash = createHash('sha256').update(style).digest('base64');

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

/** A page without script. `formTargets`: origins that a form may end at; Chromium checks redirects too. */
export function page(
  status: number,
  title: string,
  content: string,
  formTargets: readonly string[] = [],
): HttpReply {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-security-policy': [
        "default-src 'none'",
        `style-src 'sha256-${styleHash}'`,
        `form-action ${["'self'", ...formTargets].join(' ')}`,
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ].join('; '),
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`,
  };
}

/** One button for each account; the hinted one, else the first, has the focus. */
export function accountButtons(accounts: readonly LocalAccount[], hint?: string): string {
  const first = accounts.find(({ userPrincipalName }) => userPrincipalName === hint) ?? accounts[0];
  return accounts
    .map(
      (
        account,
      ) => `<button name="account" value="${escape(account.userPrincipalName)}"${account === first ? ' autofocus' : ''}>
<strong>${escape(account.displayName)}</strong>
<span>${escape(account.userPrincipalName)}</span>${account.description ? `\n<span>${escape(account.description)}</span>` : ''}
</button>`,
    )
    .join('\n');
}

/** The sample accounts as buttons of one form that posts to `action` with the field `account`. */
export function signInPage(options: {
  applicationName: string;
  accounts: readonly LocalAccount[];
  /** User name of the account that gets the focus, from `login_hint`. */
  hint: string | undefined;
  action: string;
  redirectUri: string;
}): HttpReply {
  const { accounts, hint } = options;
  const target = new URL(options.redirectUri);
  return page(
    200,
    'Pick an account',
    `<h1>Pick an account</h1>
<p>to continue to ${escape(options.applicationName)}</p>
<form method="post" action="${escape(options.action)}">
${accountButtons(accounts, hint)}
</form>
<p>Sample accounts of the local tenant. They have no password and mean nothing outside this computer.</p>`,
    target.origin === 'null' ? [] : [target.origin],
  );
}

/** For a request that must not be redirected: the application or its redirect URI is not known. */
export function errorPage(status: number, message: string): HttpReply {
  return page(status, 'Sign-in failed', `<h1>This sign-in cannot go on</h1>\n<p>${escape(message)}</p>`);
}

export function signedOutPage(): HttpReply {
  return page(200, 'Signed out', '<h1>You are signed out</h1>\n<p>You may close this window.</p>');
}
