import { type FactsView, graphBox } from './facts-view.ts';
import type { Visitor } from './visitor.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

export interface PageOptions {
  /** Of the sample machine. */
  name: string;
  visitor: Visitor;
  /** Who signed in with an account of the machine itself. */
  localUser: string | undefined;
  /** By the agent; else the page was opened on the machine itself. */
  isForwarded: boolean;
  visits: number;
}

/** Who is there, in lines of HTML. */
function whoLines({ visitor, localUser, isForwarded }: PageOptions): string[] {
  const { user, account, claims } = visitor;
  const name = (text: string) => `<strong>${escape(text)}</strong>`;
  const nobody = isForwarded ? 'Nobody has said who you are' : 'Opened on the machine itself';
  return [
    user === undefined ? nobody : `Signed in as ${name(user)}`,
    ...(account === undefined ? [] : [`As the account ${name(account)} of this machine`]),
    ...(claims === undefined ? [] : [`Vouched for by the agent, ${escape(claims.groups.join(', '))}`]),
    ...(localUser === undefined ? [] : [`With the local account ${name(localUser)}`]),
  ];
}

/** Tools that do not know who is there ask for an account of the machine (requirements 78 and 81). */
const signInForm = `<section class="card wide">
<h2>Sign in with an account of this machine</h2>
<form method="post" action="/sign-in">
<label>User <input name="user" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>
</section>`;

/** The whole page with the facts in it: it reads well before, and without, its script. */
export function renderPage(options: PageOptions, view: FactsView): string {
  const { name, visits, localUser, isForwarded } = options;
  const text = (key: string) => `<span data-fact="${key}">${escape(view.texts[key] ?? '')}</span>`;
  const graph = (
    key: string,
    label: string,
  ) => `<svg class="graph" viewBox="0 0 ${graphBox.width} ${graphBox.height}" preserveAspectRatio="none" role="img" aria-label="${label}">
<polyline data-graph="${key}" points="${view.graphs[key] ?? ''}"/></svg>`;
  const rows = view.processes.map(
    ([pid, process, busy, memory]) =>
      `<tr><td>${pid}</td><th scope="row">${escape(process)}</th><td>${busy}</td><td>${memory}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(name)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/app.css">
<script type="module" src="/app.js"></script>
</head>
<body>
<header>
<div>
<h1>${escape(name)}</h1>
<p>${text('hostName')} · ${text('system')}</p>
</div>
<p class="who">${whoLines(options).join('<br>\n')}<br>
<span class="quiet">Visit ${visits} of this browser</span></p>
</header>
<main>
<section class="card">
<h2>Processor</h2>
<p class="figure">${text('busy')}</p>
${graph('busy', 'Processor over the last two minutes')}
<p class="quiet">${text('processor')}</p>
</section>
<section class="card">
<h2>Load</h2>
<p class="figure">${text('loadNow')}</p>
${graph('load', 'Load over the last two minutes')}
<p class="quiet">1, 5, 15 min: <span class="load">${text('load')}</span></p>
</section>
<section class="card">
<h2>Memory</h2>
<p class="figure">${text('memoryPercent')}</p>
<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect data-meter="memory" width="${view.meters['memory'] ?? 0}" height="6"/></svg>
<p class="quiet">${text('memory')} in use</p>
</section>
<section class="card">
<h2>Up for</h2>
<p class="figure">${text('uptime')}</p>
<p class="quiet">${text('kernel')}</p>
</section>
<section class="card wide">
<h2>Busiest processes</h2>
<table>
<thead><tr><th scope="col">Id</th><th scope="col">Name</th><th scope="col">Processor</th><th scope="col">Memory</th></tr></thead>
<tbody>${rows.join('')}</tbody>
</table>
</section>
${isForwarded && localUser === undefined ? signInForm : ''}
</main>
<footer><span id="state" role="status">As of</span> ${text('at')}</footer>
</body>
</html>
`;
}
