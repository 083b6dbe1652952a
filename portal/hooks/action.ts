import { useEffect, useRef, useState } from 'preact/hooks';
import { type Failure, failureOf } from '../api/failure.ts';
import { navigate } from '../navigation/history.ts';

/** Goes to an address, unless the person has gone elsewhere while the answer was on its way. */
type Go = (address: string, options?: { replace?: boolean }) => void;

/** One request at a time that a person asked for, and how it failed. */
export interface Action {
  isBusy: boolean;
  failure: Failure | undefined;
  run(request: (go: Go) => Promise<void>): void;
}

export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const isHere = useRef(true);
  useEffect(
    () => () => {
      isHere.current = false;
    },
    [],
  );
  const go: Go = (address, options) => {
    if (isHere.current) navigate(address, options);
  };
  const attempt = async (request: (go: Go) => Promise<void>): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await request(go);
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
