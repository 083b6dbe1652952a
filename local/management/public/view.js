// What the page is made of. Text goes in as text: nothing that a client sent is ever read as markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export const cell = (value, className = '') =>
  element('td', { className: typeof value === 'number' ? `number ${className}` : className }, String(value));

/** Rows are built anew only when what they show has changed, so that a selection of text survives. */
const shown = new WeakMap();
export function fill(body, data, rowsOf) {
  const text = JSON.stringify(data);
  if (shown.get(body) === text) return;
  shown.set(body, text);
  const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  body.replaceChildren(...rowsOf(data));
  if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

export function emptyRow(columns, text) {
  return element('tr', {}, element('td', { colSpan: columns, className: 'empty' }, text));
}

function table({ title, columns, rows }) {
  const kindOf = (index) => (typeof rows[0]?.[index] === 'number' ? 'number' : '');
  const headings = columns.map((name, index) =>
    element('th', { scope: 'col', className: kindOf(index) }, name),
  );
  const head = element('tr', {}, ...headings);
  const body = rows.map((row) => element('tr', {}, ...row.map((value) => cell(value))));
  return [
    element('h3', {}, `${title} `, element('span', { className: 'empty' }, String(rows.length))),
    element(
      'div',
      { className: 'scroll', tabIndex: 0 },
      element(
        'table',
        {},
        element('thead', {}, head),
        element('tbody', {}, ...(body.length > 0 ? body : [emptyRow(columns.length, 'none')])),
      ),
    ),
  ];
}

export const tablesOf = (tables) =>
  tables.length > 0
    ? tables.flatMap(table)
    : [element('p', { className: 'empty' }, 'It shows nothing of what it holds.')];

const parts = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
];
/** `61 d 2 h`: the two largest parts. */
export function ahead(ms) {
  const words = [];
  let left = ms;
  for (const [unit, size] of parts) {
    const whole = Math.floor(left / size);
    left -= whole * size;
    if (whole > 0) words.push(`${whole} ${unit}`);
  }
  return words.slice(0, 2).join(' ') || `${Math.round(ms / 1000)} s`;
}
