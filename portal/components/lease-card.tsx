import type { MachineReply } from '../api/replies.ts';
import type { MachineLeases } from '../hooks/machine-leases.ts';
import { usePortal } from '../hooks/portal.ts';
import { isLeaseOver, leaseStates } from '../model/lease-words.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { FailureCard } from './failure-card.tsx';
import { Icon } from './icon.tsx';
import { LeaseForm } from './lease-form.tsx';
import { LeasePolicyField } from './lease-policy.tsx';
import { LeaseView } from './lease-view.tsx';
import { Skeleton } from './skeleton.tsx';
import { TimeAgo } from './time-ago.tsx';

interface LeaseCardProps {
  machine: MachineReply;
  leases: MachineLeases;
  now: number;
  isAsking: boolean;
  ask(isAsking: boolean): void;
  /** On the machine's own page the answer to Connect asks for it; there is no second button. */
  hasButton: boolean;
  /** Who may approve leases may also say that they are needed. */
  mayApprove?: boolean;
}

/** The caller's own lease on a machine, or the way to one, and those that came before. */
export function LeaseCard({
  machine,
  leases,
  now,
  isAsking,
  ask,
  hasButton,
  mayApprove = false,
}: LeaseCardProps) {
  const { announce } = usePortal();
  const { value, failure, reload, standing } = leases;
  const { own } = standing;
  const mayAsk = machine.may.connect.allowed || standing.givesRole;
  const changed = (said?: string) => {
    if (said) announce(said);
    reload();
  };
  const earlier = value?.leases.filter((lease) => lease !== own) ?? [];
  return (
    <section class="card" aria-labelledby="lease-heading">
      <div class="title-row">
        <h2 id="lease-heading">Your lease</h2>
        {own && (
          <span class={`badge tone-${leaseStates[own.state].tone}`}>
            <Icon name={leaseStates[own.state].tone} />
            {leaseStates[own.state].word}
          </span>
        )}
      </div>
      {failure && !value && <FailureCard failure={failure} about="Leases" retry={reload} />}
      {!failure && !value && <Skeleton lines={2} label="Reading the leases" />}
      {own && <LeaseView lease={own} isOwn now={now} changed={changed} />}
      {value && !own && (
        <p class="quiet">
          {value.policy.required
            ? 'Connecting here takes a lease: a purpose and a time, approved by somebody else.'
            : 'You have none, and connecting here takes none.'}
          {!mayAsk && ' You have no role to connect, so a lease would open nothing.'}
          {value.policy.byDeployment && ' This deployment asks for one on every machine.'}
        </p>
      )}
      {value && !own && isAsking && (
        <LeaseForm
          machine={machine}
          requested={() => {
            ask(false);
            reload();
          }}
          close={() => ask(false)}
        />
      )}
      {value && !own && !isAsking && hasButton && mayAsk && (
        <div class="actions">
          <button type="button" class="button" onClick={() => ask(true)}>
            Request a lease
          </button>
        </div>
      )}
      {value && mayApprove && (
        <LeasePolicyField machineId={machine.id} policy={value.policy} changed={reload} />
      )}
      {earlier.length > 0 && (
        <details class="history more">
          <summary>
            {earlier.some((lease) => !isLeaseOver(lease)) ? 'All leases of this machine' : 'Earlier leases'}
          </summary>
          <ol class="history-list">
            {earlier.map((lease) => (
              <li key={lease.id}>
                <TimeAgo at={lease.requestedAt} now={now} isPast />
                <span class="wrapping">
                  <Link to={addresses.lease(machine.id, lease.id)}>{lease.requester.name}</Link>:{' '}
                  {leaseStates[lease.state].word.toLowerCase()}
                  <span class="second">{lease.purpose}</span>
                </span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}
