import { Icon } from '../components/icon.tsx';
import { LeaseView } from '../components/lease-view.tsx';
import { MachineRefused } from '../components/machine-refused.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { useNow } from '../hooks/now.ts';
import { useOwnId } from '../hooks/own-id.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { isLeaseOver, leaseStates } from '../model/lease-words.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds between two looks at a lease that is not over. */
const everyMs = 5000;

/** One lease: where a message about it leads to. */
export function LeaseScreen({ id, leaseId }: { id: string; leaseId: string }) {
  const { api, announce } = usePortal();
  const now = useNow();
  const ownId = useOwnId();
  const { value, failure, reload } = useRemote(
    `lease ${id} ${leaseId}`,
    (signal) => api.lease({ machineId: id, id: leaseId }, signal),
    (lease) => (isLeaseOver(lease) ? undefined : everyMs),
  );
  const isOwn = value !== undefined && value.requester.id === ownId;
  const title = value ? `${isOwn ? 'Your lease' : `Lease of ${value.requester.name}`}` : 'Lease';
  const heading = useScreenTitle(value ? `${title} on ${value.machine}` : title);
  const state = value && leaseStates[value.state];
  return (
    <>
      <nav class="crumbs" aria-label="Breadcrumb">
        <Link to={addresses.machines()}>Machines</Link>
        <span aria-hidden="true">/</span>
        <Link to={addresses.machine(id)}>{value?.machine ?? 'Machine'}</Link>
        <span aria-hidden="true">/</span>
        <Link to={addresses.leases()}>Leases</Link>
      </nav>
      <div class="title-row">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {state && (
          <span class={`badge tone-${state.tone}`}>
            <Icon name={state.tone} />
            {state.word}
          </span>
        )}
      </div>
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {failure && !value && <MachineRefused id={id} failure={failure} retry={reload} />}
      {!failure && !value && <Skeleton lines={4} label="Reading the lease" tall />}
      {value && (
        <section class="card" aria-label={`On ${value.machine}`}>
          <LeaseView
            lease={value}
            isOwn={isOwn}
            now={now}
            changed={(said) => {
              if (said) announce(said);
              reload();
            }}
          />
        </section>
      )}
    </>
  );
}
