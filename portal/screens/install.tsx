import { useEffect } from 'preact/hooks';
import { FailureCard } from '../components/failure-card.tsx';
import { InstallForm } from '../components/install-form.tsx';
import { Requirements } from '../components/requirements.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { navigate } from '../navigation/history.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** What will happen, and what can go wrong. While an operation runs, this address leads to it. */
export function InstallScreen({ id }: { id: string }) {
  const { api } = usePortal();
  const machine = useRemote(`machine ${id}`, (signal) => api.read(id, signal));
  const requirements = useRemote(`preconditions ${id}`, (signal) => api.preconditions(id, signal));
  const heading = useScreenTitle('Install Windows Admin Center');
  const { value } = machine;
  const running = value?.operation?.id;
  useEffect(() => {
    if (running !== undefined) navigate(addresses.operation(running), { replace: true });
  }, [running]);
  const failing = machine.failure ? machine : requirements.failure ? requirements : undefined;

  return (
    <>
      <nav class="crumbs" aria-label="Breadcrumb">
        <Link to={addresses.machines()}>Machines</Link>
        <span aria-hidden="true">/</span>
        <Link to={addresses.machine(id)}>{value?.name ?? 'Machine'}</Link>
      </nav>
      <h1 ref={heading} tabIndex={-1}>
        Install Windows Admin Center
      </h1>
      <p class="lead">
        Three steps: the resource provider is registered, the endpoint is deployed, and the agent is installed
        with a certificate of its own. It takes a minute or two; you may close this page meanwhile.
      </p>
      {failing?.failure && <FailureCard failure={failing.failure} retry={failing.reload} />}
      <div class="cards">
        <section class="card" aria-labelledby="requirements-heading">
          <h2 id="requirements-heading">Requirements</h2>
          {requirements.value ? (
            <Requirements preconditions={requirements.value.preconditions} />
          ) : (
            !failing && <Skeleton lines={4} label="Checking the requirements" />
          )}
        </section>
        <section class="card" aria-labelledby="settings-heading">
          <h2 id="settings-heading">Settings</h2>
          {value && requirements.value ? (
            <InstallForm machine={value} preconditions={requirements.value} recheck={requirements.reload} />
          ) : (
            !failing && <Skeleton lines={3} label="Reading the machine" />
          )}
        </section>
      </div>
    </>
  );
}
