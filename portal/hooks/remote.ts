import { useCallback, useEffect, useState } from 'preact/hooks';
import { type Failure, failureOf } from '../api/failure.ts';

/**
 * Something the service holds. With `failure` and a `value` the value is the last one that came (partial state);
 * with neither it is still loading.
 */
export interface Remote<T> {
  value: T | undefined;
  failure: Failure | undefined;
  reload(): void;
}

/** Milliseconds between two tries while a failure may pass by itself. */
const retryMs = 5000;

const untilVisible = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (!document.hidden) return resolve();
    document.addEventListener('visibilitychange', () => resolve(), { once: true, signal });
  });

/**
 * Reads, and reads again after what `next` says of the last value (milliseconds; undefined ends it). A hidden page
 * asks nothing, and so does a `load` that is not there yet. Another `key` is another thing: the old value is dropped and its request aborted.
 */
export function useRemote<T>(
  key: string,
  load: ((signal: AbortSignal) => Promise<T>) | undefined,
  next: (value: T) => number | undefined = () => undefined,
): Remote<T> {
  const [state, setState] = useState<{ key: string; value?: T; failure?: Failure }>({ key });
  const [generation, setGeneration] = useState(0);

  const isReady = load !== undefined;
  useEffect(() => {
    if (!load) return undefined;
    const abort = new AbortController();
    const { signal } = abort;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (ms: number | undefined) => {
      if (ms !== undefined && !signal.aborted) timer = setTimeout(() => void read(), ms);
    };
    const read = async (): Promise<void> => {
      await untilVisible(signal);
      try {
        const value = await load(signal);
        if (signal.aborted) return;
        setState({ key, value });
        again(next(value));
      } catch (error) {
        if (signal.aborted) return;
        const failure = failureOf(error);
        setState((last) => ({ ...(last.key === key ? last : { key }), failure }));
        if (failure.retryable && failure.code !== 'page_fault') again(retryMs);
      }
    };
    void read();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, generation, isReady]);

  const reload = useCallback(() => setGeneration((last) => last + 1), []);
  const isSame = state.key === key;
  return { value: isSame ? state.value : undefined, failure: isSame ? state.failure : undefined, reload };
}
