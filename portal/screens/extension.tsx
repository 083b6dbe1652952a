import type { MachineReply } from '../api/replies.ts';
import { Health, PlatformStatus } from '../components/extension-status.tsx';
import { FailureCard } from '../components/failure-card.tsx';
import { HostChecks } from '../components/host-checks.tsx';
import { RepairAction } from '../components/repair-action.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds between two looks. */
const everyMs = 10_000;

function Mending({ machine }: { machine: MachineReply }) {
  const { id, operation, extension, may } = machine;
  if (operation) {
    return (
      <section class="card" aria-labelledby="mending-heading">
        <h2 id="mending-heading">An operation runs on this machine</h2>
        <div class="actions">
          <Link to={addresses.operation(operation.id)} class="button">
            Watch progress
          </Link>
        </div>
      </section>
    );
  }
  if (extension.state === 'absent' || !may.install.allowed) return null;
  return (
    <section class="card" aria-labelledby="mending-heading">
      <h2 id="mending-heading">If something is not in order</h2>
      <p>
        First do what a check above says. If the page on localhost still does not load then, repair: the
        extension is removed and installed again.
      </p>
      <div class="actions">
        <RepairAction machine={machine} />
        <Link to={addresses.install(id)} class="button">
          Change the port or settings
        </Link>
      </div>
    </section>
  );
}

/** Requirement 57: Settings, Extensions, AdminCenter, View detailed status. */
export function ExtensionScreen({ id }: { id: string }) {
  const { api } = usePortal();
  const now = useNow();
  const machine = useRemote(
    `machine ${id}`,
    (signal) => api.read(id, signal),
    () => everyMs,
  );
  const status = useRemote(
    `extension ${id}`,
    (signal) => api.extension(id, signal),
    () => everyMs,
  );
  const heading = useScreenTitle('AdminCenter: detailed status');
  const { checks } = status.value?.detailedStatus ?? {};
  const failing = machine.failure ? machine : status.failure ? status : undefined;
  const isShown = machine.value && status.value;
  return (
    <>
      <nav class="crumbs" aria-label="Breadcrumb">
        <Link to={addresses.machines()}>Machines</Link>
        <span aria-hidden="true">/</span>
        <Link to={addresses.machine(id)}>{machine.value?.name ?? 'Machine'}</Link>
        <span aria-hidden="true">/</span>
        <span>Extensions</span>
      </nav>
      <h1 ref={heading} tabIndex={-1}>
        AdminCenter: detailed status
      </h1>
      {failing?.failure &&
        (isShown ? (
          <StaleNote failure={failing.failure} retry={failing.reload} />
        ) : (
          <FailureCard failure={failing.failure} retry={failing.reload} />
        ))}
      {!isShown && !failing && <Skeleton lines={5} label="Reading the extension’s status" tall />}
      {machine.value && status.value && (
        <>
          <div class="cards">
            <PlatformStatus extension={status.value} />
            <Health machine={machine.value} now={now} />
          </div>
          <section class="card" aria-labelledby="checks-heading">
            <h2 id="checks-heading">What the agent found on the machine</h2>
            {checks && checks.length > 0 ? (
              <HostChecks checks={checks} />
            ) : (
              <p class="quiet">
                The agent has not reported yet. It looks when it starts and from time to time after that.
              </p>
            )}
          </section>
          <Mending machine={machine.value} />
        </>
      )}
    </>
  );
}
