import { useState } from 'preact/hooks';
import { type Failure, failureOf } from '../api/failure.ts';

/** One request at a time that a person asked for, and how it failed. */
export interface Action {
  isBusy: boolean;
  failure: Failure | undefined;
  run(request: () => Promise<void>): void;
}

export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const attempt = async (request: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await request();
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  return {
    isBusy,
    failure,
    run(request) {
      if (!isBusy) void attempt(request);
    },
  };
}
