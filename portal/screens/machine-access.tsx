import { useState } from 'preact/hooks';
import type { AccessReply, ExplainedRight } from '../api/replies.ts';
import { AccessConditions } from '../components/access-conditions.tsx';
import { AccessPeople } from '../components/access-people.tsx';
import { AccessRights } from '../components/access-rights.tsx';
import { FailureCard } from '../components/failure-card.tsx';
import { Icon } from '../components/icon.tsx';
import { LeaseCard } from '../components/lease-card.tsx';
import { MachineHeader } from '../components/machine-header.tsx';
import { MachineRefused } from '../components/machine-refused.tsx';
import { PrincipalForm } from '../components/principal-form.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { useMachine } from '../hooks/machine.ts';
import { useMachineLeases } from '../hooks/machine-leases.ts';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { nameOfPrincipal, serviceVerdict } from '../model/access-words.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds between two looks: the service keeps what Azure says for as long. */
const everyMs = 60_000;

interface Answer {
  access: AccessReply;
  /** Absent for the reader himself. */
  subject: string | undefined;
  now: number;
}

/** May I connect now? The first service is told whole, the other as a line to unfold. */
function Services({ access: { services, decidedAt }, subject, now }: Answer) {
  const [first, ...others] = services;
  return (
    <section class="card" aria-label="May it be connected to now?">
      {first && (
        <>
          <p class="verdict-sentence">
            <Icon name={first.open ? 'good' : 'warning'} tone={first.open ? 'good' : 'warning'} />
            {serviceVerdict(first, subject)}
          </p>
          <AccessConditions explained={first} />
        </>
      )}
      {others.map((explained) => (
        <details key={explained.service} class="more service-more">
          <summary>{serviceVerdict(explained, subject)}</summary>
          <AccessConditions explained={explained} />
        </details>
      ))}
      <p class="quiet">
        Azure was asked <TimeAgo at={decidedAt} now={now} isPast />.
      </p>
    </section>
  );
}

/** Who may do what on a machine, and why: first the reader himself, or the principal in the address. */
export function MachineAccessScreen({ id, principal }: { id: string; principal: string }) {
  const { api } = usePortal();
  const now = useNow();
  const machine = useMachine(id);
  const leases = useMachineLeases(id, machine.value !== undefined);
  const [isAsking, ask] = useState(false);
  const access = useRemote(
    `access ${id} ${principal}`,
    machine.value ? (signal) => api.access(id, principal, signal) : undefined,
    // What is asked of somebody else is on record each time: it is asked once.
    () => (principal ? undefined : everyMs),
  );
  const { value, failure, reload } = access;
  const name = machine.value?.name;
  const heading = useScreenTitle(`${name ?? 'Machine'}, access`);
  const subject = principal && value ? nameOfPrincipal(value.principal) : undefined;
  const isGone = machine.failure !== undefined && !machine.value;
  const isAllowed = (name: ExplainedRight['right']): boolean =>
    value?.rights.some(({ right, allowed }) => right === name && allowed) ?? false;
  return (
    <>
      <MachineHeader id={id} view="access" heading={heading} isRefused={isGone} machine={machine.value} />
      {isGone && machine.failure && (
        <MachineRefused id={id} failure={machine.failure} retry={machine.reload} />
      )}
      {principal && (
        <p>
          <Link to={addresses.machineAccess(id)}>Show your own access</Link>
        </p>
      )}
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {failure && !value && !isGone && <FailureCard failure={failure} about="Access" retry={reload} />}
      {!failure && !value && !isGone && <Skeleton lines={5} label="Asking Azure who may" tall />}
      {value && <Services access={value} subject={subject} now={now} />}
      {machine.value && !principal && (
        <LeaseCard
          machine={machine.value}
          leases={leases}
          now={now}
          isAsking={isAsking}
          ask={ask}
          hasButton
          mayApprove={isAllowed('approve')}
        />
      )}
      {value && (
        <section class="card" aria-labelledby="rights-heading">
          <h2 id="rights-heading">
            {subject === undefined ? 'What you may do here, and why' : `What ${subject} may do here, and why`}
          </h2>
          <AccessRights list={value.rights} />
          {(isAllowed('read-access') || principal) && <PrincipalForm machineId={id} principal={principal} />}
        </section>
      )}
      {machine.value && <AccessPeople machineId={id} now={now} />}
    </>
  );
}
