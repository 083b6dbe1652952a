import { useState } from 'preact/hooks';
import type { MachineReply } from '../api/replies.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { Confirm } from './confirm.tsx';
import { FailureCard } from './failure-card.tsx';
import { Skeleton } from './skeleton.tsx';
import { TimeAgo } from './time-ago.tsx';

interface ExtensionCardProps {
  machine: MachineReply;
  now: number;
  uninstall(): void;
}

const stateWords = {
  absent: 'Not installed',
  installing: 'Installing',
  installed: 'Installed',
  failed: 'Failed',
} as const;

/** What is installed, what the platform says of it now, and the way to remove it. */
export function ExtensionCard({ machine, now, uninstall }: ExtensionCardProps) {
  const { api } = usePortal();
  const [isAsking, setAsking] = useState(false);
  const { id, operation, extension } = machine;
  const key = `${id} ${extension.state} ${operation?.id ?? ''}`;
  const { value, failure, reload } = useRemote(key, (signal) => api.extension(id, signal));
  const canRemove = extension.state !== 'absent' && !operation && machine.may.install.allowed;
  return (
    <section class="card" aria-labelledby="extension-heading">
      <h2 id="extension-heading">Extension</h2>
      <dl class="facts">
        <dt>Name</dt>
        <dd>{extension.name}</dd>
        <dt>State</dt>
        <dd>{stateWords[extension.state]}</dd>
        {extension.port !== null && (
          <>
            <dt>Port</dt>
            <dd>{extension.port}, on the machine itself only</dd>
          </>
        )}
        {extension.installedAt && (
          <>
            <dt>Installed</dt>
            <dd>
              <TimeAgo at={extension.installedAt} now={now} />
            </dd>
          </>
        )}
        {value && (
          <>
            <dt>Platform</dt>
            <dd class="sentence">
              {value.detailedStatus.provisioningState}
              {value.detailedStatus.message && (
                <span class="second sentence">{value.detailedStatus.message}</span>
              )}
            </dd>
          </>
        )}
      </dl>
      {!value && !failure && <Skeleton lines={1} label="Reading the extension’s status" />}
      {failure && <FailureCard failure={failure} about="Status on the platform" retry={reload} />}
      {canRemove && (
        <div class="actions">
          {extension.state === 'installed' && (
            <Link to={addresses.install(id)} class="button">
              Install again
            </Link>
          )}
          <button type="button" class="button" onClick={() => setAsking(true)}>
            Uninstall
          </button>
        </div>
      )}
      {isAsking && (
        <Confirm
          title={`Uninstall from ${machine.name}?`}
          confirmLabel="Uninstall"
          confirm={() => {
            setAsking(false);
            uninstall();
          }}
          cancel={() => setAsking(false)}
        >
          <p>
            Everyone who is connected is cut off. The extension, its port, the machine’s name and its
            certificate are removed. The machine itself and what runs on it stay as they are, and you may
            install again at any time.
          </p>
        </Confirm>
      )}
    </section>
  );
}
