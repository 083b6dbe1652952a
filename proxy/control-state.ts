import { AppError } from '#shared/domain/error.ts';
import { type ProxyState, proxyState } from '#shared/protocol/proxy-state.ts';

const timeoutMs = 10_000;

export interface StateReaderOptions {
  /** Base of the control plane's API, without a final slash. */
  apiUrl: string;
  /** An access token of the proxies' identity for that API. */
  token(): Promise<string>;
}

/** `GET /api/proxy/state`. Rejects when it does not answer, refuses, or answers something else. */
export function createStateReader({ apiUrl, token }: StateReaderOptions): () => Promise<ProxyState> {
  return async () => {
    const response = await fetch(`${apiUrl}/api/proxy/state`, {
      headers: { authorization: `Bearer ${await token()}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new AppError('internal_error', `the control plane answered ${response.status}`);
    }
    return proxyState.parse(await response.json());
  };
}
