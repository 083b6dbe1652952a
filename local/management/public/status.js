import { ahead, byId, cell, element, emptyRow, fill, tablesOf } from './view.js';

const key = 'management-token';
const [, fromAddress] = /^#token=(.+)$/.exec(location.hash) ?? [];
if (fromAddress) {
  sessionStorage.setItem(key, decodeURIComponent(fromAddress));
  // Out of the address line and of the history.
  history.replaceState(null, '', location.pathname);
}

async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { authorization: `Bearer ${sessionStorage.getItem(key) ?? ''}` },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const reply = response.status === 204 ? {} : await response.json();
  if (!response.ok) throw new Error(reply.error.message);
  return reply;
}

let selected = sessionStorage.getItem('selected');

function select(name) {
  selected = name;
  sessionStorage.setItem('selected', name);
  byId('refusal').textContent = '';
  void refresh();
}

function showClock({ mode, now, offsetMs, followers }) {
  const time = now.replace('T', ' ').slice(0, 19);
  const detail = [
    offsetMs > 0 && `${ahead(offsetMs)} ahead`,
    followers > 0 && `${followers} processes follow`,
  ];
  byId('clock').textContent = [`${time} UTC`, mode === 'manual' ? 'manual clock' : 'system clock', ...detail]
    .filter(Boolean)
    .join(' · ');
  byId('advance').hidden = mode !== 'manual';
}

const serviceRows = ({ services, current }) =>
  services.map(({ name, address, state, requests, lastError }) => {
    const open = element('button', { type: 'button', className: 'name', onclick: () => select(name) }, name);
    open.dataset.key = name;
    const row = element(
      'tr',
      {},
      element('th', { scope: 'row' }, open),
      cell(address),
      cell(state, `state ${state}`),
      cell(requests),
      cell(lastError ? `${lastError.operation}: ${lastError.text}` : '', 'bad'),
    );
    row.ariaSelected = String(name === current);
    return row;
  });

const callRows = (calls) => {
  const entries = Object.entries(calls);
  if (entries.length === 0) return [emptyRow(2, 'none yet')];
  return entries.map(([name, count]) => element('tr', {}, cell(name), cell(count)));
};

const faultRows = ({ name, set }) => {
  const entries = Object.entries(set);
  if (entries.length === 0) return [emptyRow(3, 'none is switched on')];
  return entries.map(([operation, fault]) => {
    const path = `/faults/${encodeURIComponent(name)}/${encodeURIComponent(operation)}`;
    const off = element('button', { type: 'button', onclick: () => act('DELETE', path) }, 'Switch off');
    const text = Object.entries(fault).map(([kind, value]) => `${kind} ${value}`);
    return element(
      'tr',
      {},
      cell(operation === '*' ? 'every operation' : operation),
      cell(text.join(', ')),
      element('td', { className: 'number' }, off),
    );
  });
};

const option = (value, text) => element('option', { value }, text);

function showService(service, calls, { kinds, operations, set }) {
  byId('service').hidden = false;
  byId('service-title').textContent = service.name;
  fill(byId('tables'), service.tables, tablesOf);
  fill(byId('calls').tBodies[0], calls, callRows);
  fill(byId('faults').tBodies[0], { name: service.name, set }, faultRows);
  const { operation, kind } = byId('fault').elements;
  const chosen = [operation.value, kind.value];
  fill(operation, [service.name, operations], () => [
    option('*', 'every operation'),
    ...operations.map((name) => option(name, name)),
  ]);
  fill(kind, [service.name, kinds], () => kinds.map((name) => option(name, name)));
  if (operations.includes(chosen[0])) operation.value = chosen[0];
  if (kinds.includes(chosen[1])) kind.value = chosen[1];
  hint();
  byId('fault').hidden = kinds.length === 0;
  byId('no-faults').hidden = kinds.length > 0;
}

async function show() {
  const [{ clock, services }, calls, faults] = await Promise.all(
    ['/status', '/calls', '/faults'].map((path) => ask('GET', path)),
  );
  const service = services.find(({ name }) => name === selected) ?? services[0];
  showClock(clock);
  const lines = services.map(({ name, address, state, requests, lastError }) => ({
    name,
    address,
    state,
    requests,
    lastError,
  }));
  fill(byId('services').tBodies[0], { services: lines, current: service?.name }, serviceRows);
  if (service) showService(service, calls[service.name], faults[service.name]);
}

let running;
/** One at a time; a question while one runs is answered by the next. */
function refresh() {
  running ??= show()
    .then(
      () => {
        byId('live').textContent = 'live';
        byId('live').className = '';
      },
      (error) => {
        byId('live').textContent =
          error instanceof TypeError ? 'the twin does not answer' : `cannot read: ${error.message}`;
        byId('live').className = 'bad';
      },
    )
    .finally(() => {
      running = undefined;
    });
  return running;
}

async function act(method, path, body) {
  byId('refusal').textContent = '';
  try {
    await ask(method, path, body);
  } catch (error) {
    byId('refusal').textContent = error.message;
  }
  await running;
  await refresh();
}

/** Kinds whose value is not a number. */
const readers = {
  drop: (text) => text !== 'false',
  lockLost: (text) => text !== 'false',
  answer: (text) => text.split(/[\s,]+/).filter(Boolean),
};
const hints = {
  status: '503',
  drop: 'true',
  lockLost: 'true',
  answer: '203.0.113.7',
};

const form = byId('fault');
function hint() {
  form.elements.value.placeholder = hints[form.elements.kind.value] ?? '1000';
}
form.addEventListener('input', hint);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const { operation, kind, value, count, probability } = form.elements;
  const fault = { [kind.value]: (readers[kind.value] ?? Number)(value.value.trim() || value.placeholder) };
  if (count.value.trim()) fault.count = Number(count.value);
  if (probability.value.trim()) fault.probability = Number(probability.value);
  const path = `/faults/${encodeURIComponent(selectedName())}/${encodeURIComponent(operation.value)}`;
  void act('PUT', path, fault);
});
const selectedName = () => byId('service-title').textContent;
byId('reset').addEventListener('click', () => void act('POST', '/calls/reset'));
byId('advance').addEventListener('click', ({ target }) => {
  if (target.dataset.ms) void act('POST', '/clock/advance', { ms: Number(target.dataset.ms) });
});

await refresh();
setInterval(() => {
  if (!document.hidden) void refresh();
}, 1_000);
