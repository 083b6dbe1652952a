import { useEffect } from 'preact/hooks';
import { FailureCard } from '../components/failure-card.tsx';
import { Icon } from '../components/icon.tsx';
import { InstallDesk } from '../components/install-desk.tsx';
import { MachineCrumbs } from '../components/machine-crumbs.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { foundElsewhere } from '../model/extension.ts';
import { navigate } from '../navigation/history.ts';
import { addresses, type InstallPrefill } from '../navigation/routes.ts';

/** What will happen, and what can go wrong. While an operation runs, this address leads to it. */
export function InstallScreen({ id, prefill }: { id: string; prefill: InstallPrefill }) {
  const { api } = usePortal();
  const machine = useRemote(`machine ${id}`, (signal) => api.read(id, signal));
  const extension = useRemote(`extension ${id}`, (signal) => api.extension(id, signal));
  const { value, failure } = machine;
  const isThere = value?.extension.state === 'installed';
  const title = isThere ? 'Install again or change settings' : 'Install Windows Admin Center';
  const heading = useScreenTitle(title);
  const running = value?.operation?.id;
  useEffect(() => {
    if (running !== undefined) navigate(addresses.operation(running), { replace: true });
  }, [running]);
  const elsewhere = value && extension.value && foundElsewhere(value, extension.value);
  // Without an answer about the extension the install is as good as with one.
  const isKnown = value && (extension.value ?? extension.failure);

  return (
    <>
      <MachineCrumbs id={id} name={value?.name} />
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <p class="lead">
        Three steps: the resource provider is registered, the endpoint is deployed, and the agent is installed
        with a certificate of its own. It takes a minute or two; you may close this page meanwhile.
      </p>
      {failure && <FailureCard failure={failure} retry={machine.reload} />}
      {elsewhere && (
        <div class="note" role="status">
          <Icon name="good" tone="good" />
          <span>
            <strong>The extension AdminCenter is on this machine already</strong>, installed by other means
            {elsewhere.version && `, version ${elsewhere.version}`}. This install takes it over and adds what
            is missing{elsewhere.port !== null && `; its port ${elsewhere.port} is proposed`}.
          </span>
        </div>
      )}
      {isKnown ? (
        <InstallDesk machine={value} extension={extension.value} prefill={prefill} />
      ) : (
        !failure && <Skeleton lines={6} label="Reading the machine" tall />
      )}
    </>
  );
}
