import { useState } from 'preact/hooks';
import type { OperationReply } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { Confirm } from './confirm.tsx';
import { FailureCard } from './failure-card.tsx';

interface CancelOperationProps {
  id: string;
  kind: OperationReply['kind'];
  changed(): void;
}

const consequences: Readonly<Record<OperationReply['kind'], string>> = {
  install:
    'No certificate is ordered, and what this install made is undone. You may install again at any time.',
  uninstall: 'What is not removed yet stays.',
  repair:
    'No certificate is ordered, and the extension is not there until the machine is repaired or installed again.',
  renew:
    'No certificate is ordered now. The one in service stays, and its renewal comes by itself when it is due.',
  revoke: 'No replacement is ordered now, and the certificate stays as it is.',
};

/** Takes back what waits for its turn. */
export function CancelOperation({ id, kind, changed }: CancelOperationProps) {
  const { api } = usePortal();
  const [isAsking, setAsking] = useState(false);
  // The service takes a moment from the request to the end.
  const [isAsked, setAsked] = useState(false);
  const { isBusy, failure, run } = useAction();
  const isCancelling = isBusy || isAsked;
  const cancel = () => {
    setAsking(false);
    run(async () => {
      await api.cancelOperation(id);
      setAsked(true);
      changed();
    });
  };
  return (
    <>
      <button
        type="button"
        class="button"
        aria-disabled={isCancelling}
        onClick={() => !isCancelling && setAsking(true)}
      >
        {isCancelling ? 'Cancelling' : 'Cancel'}
      </button>
      {failure && <FailureCard failure={failure} about="Cancel" />}
      {isAsking && (
        <Confirm
          title="Cancel what waits?"
          confirmLabel="Cancel it"
          cancelLabel="Go on waiting"
          confirm={cancel}
          cancel={() => setAsking(false)}
        >
          <p>{consequences[kind]}</p>
        </Confirm>
      )}
    </>
  );
}
