import { once } from 'node:events';
import WebSocket from 'ws';
import { getPage } from '#local/main-job/open-session-url.ts';

/** Opens a session URL as a browser does, and keeps the WebSocket of the sample page: it lives as long as the session. */
export async function openLiveSocket(url: string): Promise<WebSocket> {
  const door = await getPage(url);
  const cookie = (door.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
  const { host, origin } = new URL(url);
  const socket = new WebSocket(`wss://${host}/api/live`, { headers: { cookie, origin } });
  // Whoever is cut hears of it by `close`.
  socket.on('error', () => {});
  await once(socket, 'open');
  return socket;
}
