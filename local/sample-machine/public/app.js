const intervalMs = 2000;
const state = document.getElementById('state');

function show(view) {
  for (const [key, text] of Object.entries(view.texts))
    for (const element of document.querySelectorAll(`[data-fact="${key}"]`)) element.textContent = text;
  for (const [key, percent] of Object.entries(view.meters))
    document.querySelector(`[data-meter="${key}"]`)?.setAttribute('width', String(percent));
  for (const [key, points] of Object.entries(view.graphs))
    document.querySelector(`[data-graph="${key}"]`)?.setAttribute('points', points);
  const rows = view.processes.map((cells) => {
    const row = document.createElement('tr');
    for (const [index, text] of cells.entries()) {
      const cell = document.createElement(index === 1 ? 'th' : 'td');
      if (index === 1) cell.scope = 'row';
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  });
  document.querySelector('tbody')?.replaceChildren(...rows);
}

/** Until the WebSocket is back: one request each interval. */
async function ask() {
  try {
    const reply = await fetch('/api/view');
    if (!reply.ok) throw new Error(String(reply.status));
    show(await reply.json());
    state.textContent = 'As of';
  } catch {
    state.textContent = 'Not connected. Last seen';
  }
}

function follow() {
  const socket = new WebSocket(
    `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/live`,
  );
  socket.addEventListener('message', ({ data }) => {
    show(JSON.parse(data));
    state.textContent = 'Live,';
  });
  socket.addEventListener('close', () => {
    void ask();
    setTimeout(follow, intervalMs);
  });
}

follow();
