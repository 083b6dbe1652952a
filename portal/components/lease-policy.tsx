import type { LeasePolicy } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { formatAbsolute } from '../model/time.ts';
import { Choice } from './choice.tsx';
import { FailureCard } from './failure-card.tsx';

interface LeasePolicyFieldProps {
  machineId: string;
  policy: LeasePolicy;
  changed(): void;
}

/** Whether a connect here takes a lease: for who may approve them, where the deployment leaves it open. */
export function LeasePolicyField({ machineId, policy, changed }: LeasePolicyFieldProps) {
  const { api, announce } = usePortal();
  const { isBusy, failure, run } = useAction();
  const { required, byDeployment, setBy, at } = policy;
  const set = (isRequired: boolean) =>
    run(async () => {
      await api.setLeasePolicy(machineId, isRequired);
      announce(isRequired ? 'Connecting here takes a lease now.' : 'Connecting here takes no lease now.');
      changed();
    });
  if (byDeployment) return null;
  return (
    <>
      <Choice
        id="lease-policy"
        title="Connecting here takes a lease"
        checked={required}
        change={(checked) => !isBusy && set(checked)}
      >
        Who connects then needs the role and a lease that somebody else approved. Sessions that are open stay.
        {setBy && at && ` Set by ${setBy.name} on ${formatAbsolute(at)}.`}
      </Choice>
      {failure && <FailureCard failure={failure} about="Lease policy" />}
    </>
  );
}
