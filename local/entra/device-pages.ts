import type { HttpReply } from '#local/kit/http-server.ts';
import type { LocalAccount } from './directory.ts';
import { accountButtons, escape, page } from './pages.ts';

/** Asks for the code that another device shows. */
export function deviceCodePage({ code = '', complaint }: { code?: string; complaint?: string }): HttpReply {
  const alert = complaint ? `\n<p role="alert" id="complaint">${escape(complaint)}</p>` : '';
  return page(
    200,
    'Enter code',
    `<h1>Enter code</h1>
<p>Another device or program shows a code. Enter it here to sign in there.</p>
<form method="post" action="/devicelogin">
<label for="code">Code</label>
<input id="code" name="code" value="${escape(code)}" required autofocus autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="12"${complaint ? ' aria-describedby="complaint" aria-invalid="true"' : ''}>${alert}
<button class="main">Next</button>
</form>`,
  );
}

/** Asks who signs in there. Only somebody who sees the code on their own device should go on. */
export function deviceAccountsPage(options: {
  code: string;
  applicationName: string;
  accounts: readonly LocalAccount[];
}): HttpReply {
  const { code, applicationName, accounts } = options;
  return page(
    200,
    'Pick an account',
    `<h1>Pick an account</h1>
<p>to sign in to ${escape(applicationName)} on another device, which shows the code <code>${escape(code.toUpperCase())}</code></p>
<form method="post" action="/devicelogin">
<input type="hidden" name="code" value="${escape(code)}">
${accountButtons(accounts)}
<button class="plain" name="account" value="">That was not me</button>
</form>
<p>Sample accounts of the local tenant. They have no password and mean nothing outside this computer.</p>`,
  );
}

export const deviceDonePage = (title: string, applicationName: string): HttpReply =>
  page(
    200,
    title,
    `<h1>${escape(title)}</h1>\n<p>${escape(applicationName)} goes on by itself. You may close this window.</p>`,
  );
