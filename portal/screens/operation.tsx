import { useEffect } from 'preact/hooks';
import type { OperationReply } from '../api/replies.ts';
import { CompensationCard } from '../components/compensation-card.tsx';
import { FailureCard } from '../components/failure-card.tsx';
import { Icon } from '../components/icon.tsx';
import { MachineCrumbs } from '../components/machine-crumbs.tsx';
import { SessionNote } from '../components/session-note.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { Stepper } from '../components/stepper.tsx';
import { SuspensionNote } from '../components/suspension-note.tsx';
import { VerdictCard } from '../components/verdict-card.tsx';
import { useAction } from '../hooks/action.ts';
import { useConnect } from '../hooks/connect.ts';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { operationState, operationTitle, progressSentence } from '../model/operation.ts';
import { defaultPort } from '../model/port.ts';
import { Link } from '../navigation/link.tsx';
import { addresses, type OperationWishes } from '../navigation/routes.ts';

/** Milliseconds between two looks at what waits for its turn. */
const waitingMs = 5000;

interface OperationScreenProps {
  id: string;
  operationId: string;
  wishes: OperationWishes;
}

/** Tells the progress once a change, not once a poll. */
function useSpokenProgress(operation: OperationReply | undefined, now: number): void {
  const { announce } = usePortal();
  const sentence = operation && progressSentence(operation, now);
  useEffect(() => {
    if (sentence !== undefined) announce(sentence);
  }, [sentence]);
}

/** Kinds whose request is repeated from here; an install that wishes for more is sent from its own page. */
const repeatable = new Set<string>(['install', 'uninstall', 'repair', 'renew']);

/** Repeats the request that failed: each step is safe to repeat. */
function useRetry(
  id: string,
  kind: OperationReply['kind'] | undefined,
  wishes: { port: number; keys: OperationWishes['keys'] },
) {
  const { api } = usePortal();
  const { failure: fault, run } = useAction();
  const repeat = () => {
    if (kind === 'uninstall') return api.uninstall(id);
    if (kind === 'repair') return api.repair(id);
    return kind === 'renew' ? api.renew(id, wishes.keys) : api.install(id, wishes);
  };
  const retry = () =>
    run(async (go) => {
      const { operation } = await repeat();
      go(
        addresses.operation(
          operation.id,
          kind === 'uninstall' || kind === 'repair'
            ? {}
            : { ...wishes, port: kind === 'install' ? wishes.port : undefined },
        ),
        { replace: true },
      );
    });
  return { fault, retry: kind !== undefined && repeatable.has(kind) ? retry : undefined };
}

/** Milliseconds: a new rule of a network takes up to this long to work (requirements 115 and 134). */
const rulePropagationMs = 2 * 60_000;

/** The machine as the operation left it, with the next thing to do. */
function Outcome({ id, endedAt }: { id: string; endedAt: string | undefined }) {
  const { api } = usePortal();
  const now = useNow();
  const { value, failure, reload } = useRemote(`after ${id}`, (signal) => api.read(id, signal));
  const connect = useConnect(reload);
  const isFresh =
    value?.reach.mode === 'direct' && endedAt !== undefined && now - Date.parse(endedAt) < rulePropagationMs;
  if (!value) return failure ? <FailureCard failure={failure} retry={reload} /> : null;
  return (
    <>
      <SessionNote
        connect={connect}
        now={now}
        nameOf={() => value.name}
        direct={value.reach.mode === 'direct' ? value.reach.address : undefined}
        retry={() => connect.connect(value)}
      />
      <VerdictCard machine={value} connect={connect} now={now} />
      {isFresh && (
        <div class="note">
          <Icon name="busy" tone="busy" />
          <span>
            <strong>Just installed:</strong> a new rule of the network takes up to two minutes to work. A
            connect that fails before that is no fault; wait and connect again.
          </span>
        </div>
      )}
    </>
  );
}

export function OperationScreen({ id, operationId, wishes }: OperationScreenProps) {
  const { api } = usePortal();
  const now = useNow(1000);
  const watched = useRemote(
    `operation ${operationId}`,
    (signal) => api.operation(operationId, signal),
    ({ operation, lookAgainMs }) => {
      if (operation.status !== 'running') return undefined;
      return operationState(operation, Date.now()) === 'waiting'
        ? Math.max(lookAgainMs, waitingMs)
        : lookAgainMs;
    },
  );
  const machine = useRemote(`machine ${id}`, (signal) => api.read(id, signal));
  const operation = watched.value?.operation;
  const port = wishes.port ?? machine.value?.extension.port ?? defaultPort;
  const { fault, retry } = useRetry(id, operation?.kind, { port, keys: wishes.keys });
  // What opens a port or replaces something is asked for again where it is seen.
  const isAskedAnew = wishes.direct !== undefined || operation?.error?.code === 'consent_required';
  const state = operation && operationState(operation, now);
  const title = operation ? operationTitle(operation, now) : 'Operation';
  const heading = useScreenTitle(title);
  useSpokenProgress(operation, now);
  const name = machine.value?.name ?? 'Machine';

  return (
    <>
      <MachineCrumbs id={id} name={machine.value?.name} />
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <p class="lead">
        {operation?.status === 'running'
          ? `On ${name}. It goes on when you close this page; this address shows it again.`
          : `On ${name}.`}
      </p>
      {watched.failure && operation && <StaleNote failure={watched.failure} retry={watched.reload} />}
      {watched.failure && !operation && <FailureCard failure={watched.failure} retry={watched.reload} />}
      {!operation && !watched.failure && <Skeleton lines={3} label="Reading the operation" tall />}
      {operation && <SuspensionNote operation={operation} now={now} changed={watched.reload} />}
      {operation && (
        <section class="card" aria-label="Steps">
          <Stepper operation={operation} now={now} />
        </section>
      )}
      {operation?.error && state === 'failed' && (
        <FailureCard failure={operation.error} retry={isAskedAnew ? undefined : retry} retryLabel="Try again">
          {operation.kind === 'install' ? (
            <Link to={addresses.install(id, wishes)} class="button">
              {isAskedAnew ? 'Try again' : 'Check the requirements'}
            </Link>
          ) : (
            <Link to={addresses.machine(id)} class="button">
              Show the machine
            </Link>
          )}
        </FailureCard>
      )}
      {operation?.compensation && <CompensationCard compensation={operation.compensation} />}
      {fault && <FailureCard failure={fault} about="Try again" />}
      {operation?.status === 'succeeded' && <Outcome id={id} endedAt={operation.endedAt} />}
    </>
  );
}
