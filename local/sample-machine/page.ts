import { type FactsView, graphBox } from './facts-view.ts';

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
  /** As the door says it; undefined when the page was opened on the machine itself. */
  user: string | undefined;
  visits: number;
}

/** The whole page with the facts in it: it reads well before, and without, its script. */
export function renderPage({ name, user, visits }: PageOptions, view: FactsView): string {
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
<p class="who">${user === undefined ? 'Opened on the machine itself' : `Signed in as <strong>${escape(user)}</strong>`}<br>
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
</main>
<footer><span id="state" role="status">As of</span> ${text('at')}</footer>
</body>
</html>
`;
}
