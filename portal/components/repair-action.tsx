import { useState } from 'preact/hooks';
import type { MachineReply } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { addresses } from '../navigation/routes.ts';
import { Confirm } from './confirm.tsx';
import { FailureCard } from './failure-card.tsx';

/** Requirements 56 and 112: the extension is taken away and put back; the rest stays. */
export function RepairAction({ machine: { id, name } }: { machine: MachineReply }) {
  const { api } = usePortal();
  const [isAsking, setAsking] = useState(false);
  const { isBusy, failure, run } = useAction();
  const repair = () => {
    setAsking(false);
    run(async (go) => {
      const { operation } = await api.repair(id);
      go(addresses.operation(operation.id));
    });
  };
  return (
    <>
      <button type="button" class="button" aria-disabled={isBusy} onClick={() => !isBusy && setAsking(true)}>
        {isBusy ? 'Starting' : 'Repair'}
      </button>
      {failure && <FailureCard failure={failure} about="Repair" />}
      {isAsking && (
        <Confirm
          title={`Repair ${name}?`}
          confirmLabel="Repair"
          isHarmless
          confirm={repair}
          cancel={() => setAsking(false)}
        >
          <p>
            The extension is removed from the machine and installed again, and the agent makes new keys. Port,
            name and certificate stay what they are.
          </p>
          <p>Everybody who is connected is cut off. It takes a few minutes.</p>
        </Confirm>
      )}
    </>
  );
}
