import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { type Account, masterKey } from './account.ts';

export interface RestAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: { code?: string; message?: string; [name: string]: unknown };
}

export interface RestOptions {
  headers?: Record<string, string>;
  body?: string;
  /** Signs for another path than the one that is asked for. */
  signedLink?: string;
  key?: string;
}

/** One request without a client library, signed with the master key as the REST documentation says. */
export async function rest(
  account: Account,
  method: string,
  path: string,
  { headers = {}, body, signedLink, key = masterKey }: RestOptions = {},
): Promise<RestAnswer> {
  const segments = path.split('/').filter(Boolean);
  const isResource = segments.length % 2 === 0;
  const type = (isResource ? segments.at(-2) : segments.at(-1)) ?? '';
  const link =
    signedLink ?? (isResource ? segments : segments.slice(0, -1)).map(decodeURIComponent).join('/');
  const date = new Date().toUTCString();
  const payload = `${method.toLowerCase()}\n${type}\n${link}\n${date.toLowerCase()}\n\n`;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(payload).digest('base64');
  const authorization = encodeURIComponent(`type=master&ver=1.0&sig=${signature}`);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${account.endpoint}${path}`,
      { method, headers: { authorization, 'x-ms-date': date, 'x-ms-version': '2020-07-15', ...headers } },
      (response) => {
        text(response).then(
          (content) =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: content ? (JSON.parse(content) as RestAnswer['body']) : {},
            }),
          reject,
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
