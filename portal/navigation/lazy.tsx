import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { FailureError } from '../api/failure.ts';
import { Skeleton } from '../components/skeleton.tsx';

const notLoaded = (cause: unknown): FailureError =>
  new FailureError(
    {
      title: 'A part of this page did not come',
      detail: 'Its script is not there, or was cut off on the way.',
      code: 'page_part_missing',
      hop: 'browser',
      remedy: 'Load the page again: after an update of this service its parts have new names.',
      retryable: true,
    },
    cause,
  );

/** A screen whose script is asked for when it is first gone to. */
export function lazy<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  let loaded: FunctionComponent<Props> | undefined;
  return function LazyScreen(props: Props) {
    const [screen, setScreen] = useState<{ Shown?: FunctionComponent<Props> | undefined; fault?: Error }>({
      Shown: loaded,
    });
    useEffect(() => {
      if (loaded) return undefined;
      let isHere = true;
      load().then(
        (Shown) => {
          loaded = Shown;
          if (isHere) setScreen({ Shown });
        },
        (error: unknown) => isHere && setScreen({ fault: notLoaded(error) }),
      );
      return () => {
        isHere = false;
      };
    }, []);
    const { Shown, fault } = screen;
    if (fault) throw fault;
    return Shown ? <Shown {...props} /> : <Skeleton lines={4} label="Opening the page" tall />;
  };
}
