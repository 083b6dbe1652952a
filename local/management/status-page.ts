import { readFileSync } from 'node:fs';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  // The empty icon, so that no browser asks for one.
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const file = (name: string, type: string) => ({
  body: readFileSync(new URL(`public/${name}`, import.meta.url)),
  type,
});

/** The page holds nothing by itself: what it shows it asks for with the token that its address brought. */
const files: Readonly<Record<string, { body: Buffer; type: string }>> = {
  '/': file('index.html', 'text/html; charset=utf-8'),
  '/status.js': file('status.js', 'text/javascript; charset=utf-8'),
  '/view.js': file('view.js', 'text/javascript; charset=utf-8'),
  '/status.css': file('status.css', 'text/css; charset=utf-8'),
};

export function pageReply({ method, url }: HttpRequest): HttpReply | undefined {
  const found = files[url.pathname];
  if (!found || (method !== 'GET' && method !== 'HEAD')) return undefined;
  return {
    status: 200,
    headers: { ...headers, 'content-type': found.type },
    body: method === 'HEAD' ? '' : found.body,
  };
}
