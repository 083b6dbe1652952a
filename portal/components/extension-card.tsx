import { useState } from 'preact/hooks';
import type { MachineReply } from '../api/replies.ts';
import { useLiveSessions } from '../hooks/live-sessions.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { platformWord } from '../model/extension.ts';
import { asSentence } from '../model/words.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { FailureCard } from './failure-card.tsx';
import { Skeleton } from './skeleton.tsx';
import { TimeAgo } from './time-ago.tsx';
import { UninstallQuestion } from './uninstall-question.tsx';

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

/** Counted when it is asked: who is on is not looked at before. */
function Asking(props: Omit<Parameters<typeof UninstallQuestion>[0], 'liveSessions'>) {
  const { value } = useLiveSessions(props.machine.id);
  return <UninstallQuestion {...props} liveSessions={value?.length} />;
}

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
            <dd>
              {machine.reach.mode === 'direct'
                ? `${extension.port} of ${machine.reach.address}`
                : `${extension.port}, on the machine itself only`}
            </dd>
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
            <dd>
              {platformWord(value.detailedStatus.provisioningState)}
              {value.detailedStatus.message && (
                <span class="second">{asSentence(value.detailedStatus.message)}</span>
              )}
            </dd>
          </>
        )}
      </dl>
      {!value && !failure && <Skeleton lines={1} label="Reading the extension’s status" />}
      {failure && <FailureCard failure={failure} about="Status on the platform" retry={reload} />}
      <div class="actions">
        <Link to={addresses.extension(id)} class="button">
          View detailed status
        </Link>
        {canRemove && (
          <>
            {extension.state === 'installed' && (
              <Link to={addresses.install(id)} class="button">
                Install again
              </Link>
            )}
            <button type="button" class="button" onClick={() => setAsking(true)}>
              Uninstall
            </button>
          </>
        )}
      </div>
      {isAsking && (
        <Asking
          machine={machine}
          confirm={() => {
            setAsking(false);
            uninstall();
          }}
          cancel={() => setAsking(false)}
        />
      )}
    </section>
  );
}
