import { useRef } from 'preact/hooks';
import type { Lease } from '../api/replies.ts';
import { FailureCard } from '../components/failure-card.tsx';
import { Icon } from '../components/icon.tsx';
import { LeaseDecision } from '../components/lease-decision.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { leaseStates, waitingExtension } from '../model/lease-words.ts';
import { serviceNames } from '../model/service.ts';
import { formatMinutes, formatRelative } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds between two looks. */
const everyMs = 10_000;

interface WaitingProps {
  lease: Lease;
  now: number;
  decided(said: string): void;
}

/** A request as who decides reads it: who, for what, and what it would open. */
function Waiting({ lease, now, decided }: WaitingProps) {
  const { id, machineId, machine, requester, requestedAt, answerBy } = lease;
  const extension = waitingExtension(lease);
  const purpose = extension?.purpose ?? lease.purpose;
  return (
    <li class="card" aria-label={`${requester.name} on ${machine}`}>
      <h3 class="wrapping">
        {requester.name}:{' '}
        <Link to={addresses.lease(machineId, id)}>
          {extension ? 'more time on ' : ''}
          {machine}
        </Link>
      </h3>
      <p class="wrapping">
        {purpose}
        {lease.reference && <span class="second">Ticket {lease.reference}</span>}
        <span class="second">
          Asked <TimeAgo at={extension?.requestedAt ?? requestedAt} now={now} isPast />
          {!extension && `, lapses ${formatRelative(answerBy, now)}`}
        </span>
      </p>
      <LeaseDecision lease={lease} now={now} decided={decided} />
    </li>
  );
}

function Mine({ lease, now }: { lease: Lease; now: number }) {
  const { id, machineId, machine, service, minutes, purpose, state, endsAt, requestedAt } = lease;
  const { word, tone } = leaseStates[state];
  return (
    <tr>
      <th scope="row">
        <Link to={addresses.lease(machineId, id)} class="wrapping">
          {machine}
        </Link>
        <span class="second">
          {serviceNames[service]}, {formatMinutes(minutes)}
        </span>
      </th>
      <td class="middle-up wrapping">{purpose}</td>
      <td>
        <span class={`badge tone-${tone}`}>
          <Icon name={tone} />
          {word}
        </span>
        <span class="second">
          {state === 'active' && endsAt ? (
            `ends ${formatRelative(endsAt, now)}`
          ) : (
            <>
              asked <TimeAgo at={requestedAt} now={now} isPast />
            </>
          )}
        </span>
      </td>
    </tr>
  );
}

/** What waits for the reader's word, and then what he asked for himself. */
export function LeasesScreen() {
  const { api, announce, waitingChanged } = usePortal();
  const now = useNow();
  const heading = useScreenTitle('Leases');
  const waiting = useRemote('waiting leases', api.waitingLeases, () => everyMs);
  const own = useRemote('own leases', api.ownLeases, () => everyMs);
  const list = useRef<HTMLHeadingElement>(null);
  const decided = (said: string) => {
    announce(said);
    list.current?.focus({ preventScroll: true });
    waiting.reload();
    waitingChanged();
  };
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        Leases
      </h1>
      <section class="section" aria-labelledby="waiting-heading">
        <h2 id="waiting-heading" ref={list} tabIndex={-1}>
          Waiting for you
        </h2>
        {waiting.failure && waiting.value && <StaleNote failure={waiting.failure} retry={waiting.reload} />}
        {waiting.failure && !waiting.value && (
          <FailureCard failure={waiting.failure} about="Waiting requests" retry={waiting.reload} />
        )}
        {!waiting.value && !waiting.failure && <Skeleton lines={2} label="Reading what waits for you" tall />}
        {waiting.value?.length === 0 && (
          <p class="quiet">
            Nothing waits for your word. Requests come to those who may assign roles on the machine.
          </p>
        )}
        {waiting.value && waiting.value.length > 0 && (
          <ul class="waiting-list">
            {waiting.value.map((lease) => (
              <Waiting key={lease.id} lease={lease} now={now} decided={decided} />
            ))}
          </ul>
        )}
      </section>
      <section class="section" aria-labelledby="mine-heading">
        <h2 id="mine-heading">Yours</h2>
        {own.failure && own.value && <StaleNote failure={own.failure} retry={own.reload} />}
        {own.failure && !own.value && (
          <FailureCard failure={own.failure} about="Your leases" retry={own.reload} />
        )}
        {!own.value && !own.failure && <Skeleton lines={2} label="Reading your leases" tall />}
        {own.value?.length === 0 && (
          <p class="quiet">
            You have asked for none. A request is made on the page of its machine, under Access.
          </p>
        )}
        {own.value && own.value.length > 0 && (
          <div class="card flush">
            <table class="table compact leases">
              <caption class="visually-hidden">Leases that you asked for, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">Machine</th>
                  <th scope="col" class="middle-up">
                    Purpose
                  </th>
                  <th scope="col">State</th>
                </tr>
              </thead>
              <tbody>
                {own.value.map((lease) => (
                  <Mine key={lease.id} lease={lease} now={now} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </>
  );
}
