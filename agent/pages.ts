import { createHash } from 'node:crypto';
import { errorTable } from '#shared/domain/error.ts';
import { type DoorRefusal, doorRefusals } from './door-refusals.ts';

const style = `:root{color-scheme:light dark;--ink:#1b1a19;--quiet:#605e5c;--ground:#faf9f8;--card:#fff;--line:#e1dfdd;--mark:#0f6cbd}
@media (prefers-color-scheme:dark){:root{--ink:#f3f2f1;--quiet:#b3b0ad;--ground:#1b1a19;--card:#252423;--line:#3b3a39;--mark:#62abf5}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{width:100%;max-width:34rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-top:3px solid var(--mark);border-radius:6px}
h1{margin:0 0 .75rem;font-size:1.375rem;line-height:1.3;font-weight:600}
p{margin:0 0 .75rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1.5rem 0 0;padding-top:1rem;border-top:1px solid var(--line);color:var(--quiet);font-size:.875rem}
dt{font-weight:600}
dd{margin:0;overflow-wrap:anywhere}
code{font:.9375em ui-monospace,monospace}`;

const styleHash = createHash('sha256').update(style).digest('base64');

/** Of every page that the agent writes itself: it needs one inline style and nothing else from anywhere. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

export interface Page {
  status: number;
  body: string;
}

function render(
  status: number,
  title: string,
  sentences: readonly string[],
  facts: Readonly<Record<string, string>>,
): Page {
  const rows = Object.entries(facts).map(
    ([name, value]) => `<dt>${escape(name)}</dt><dd><code>${escape(value)}</code></dd>`,
  );
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${sentences.map((sentence) => `<p>${escape(sentence)}</p>`).join('\n')}
<dl>${rows.join('')}</dl>
</main>
</body>
</html>
`;
  return { status, body };
}

const connectAgain = 'Go back to the portal, open the machine and press Connect again.';

export function refusalPage(code: DoorRefusal): Page {
  const { status, title, happened } = doorRefusals[code];
  return render(status, title, [happened, connectAgain], { Code: code, Hop: 'agent' });
}

/** The local service failed us: names the hop and what to check on the machine (requirements 109-111). */
export function serviceUnreachablePage(port: number, scheme: string, reason: string): Page {
  const { status, title, remedy, hop } = errorTable.service_unreachable;
  const toCheck = remedy.replace('https://localhost:<port>', `${scheme}://localhost:${port}`);
  return render(
    status,
    title,
    [
      'The session is open and the agent on the machine works, but the service behind it did not answer.',
      toCheck,
    ],
    { Code: 'service_unreachable', Hop: hop, Address: `127.0.0.1:${port}`, Reason: reason },
  );
}
