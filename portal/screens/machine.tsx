import { CertificateCard } from '../components/certificate-card.tsx';
import { ExtensionCard } from '../components/extension-card.tsx';
import { FactsCard } from '../components/facts-card.tsx';
import { FailureCard } from '../components/failure-card.tsx';
import { HealthNote } from '../components/health-note.tsx';
import { SessionNote } from '../components/session-note.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { StateBadge } from '../components/state-badge.tsx';
import { VerdictCard } from '../components/verdict-card.tsx';
import { useAction } from '../hooks/action.ts';
import { useConnect } from '../hooks/connect.ts';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { kindName } from '../model/resource.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds between two looks at one machine. */
const everyMs = 5000;

export function MachineScreen({ id }: { id: string }) {
  const { api } = usePortal();
  const now = useNow();
  const machine = useRemote(
    `machine ${id}`,
    (signal) => api.read(id, signal),
    () => everyMs,
  );
  const connect = useConnect(machine.reload);
  const { failure: fault, run } = useAction();
  const { value, failure, reload } = machine;
  const heading = useScreenTitle(value?.name ?? 'Machine');

  const uninstall = () =>
    run(async (go) => {
      const { operation } = await api.uninstall(id);
      go(addresses.operation(operation.id));
    });

  return (
    <>
      <nav class="crumbs" aria-label="Breadcrumb">
        <Link to={addresses.machines()}>Machines</Link>
      </nav>
      <div class="title-row">
        <h1 ref={heading} tabIndex={-1}>
          {value?.name ?? 'Machine'}
        </h1>
        {value && <StateBadge state={value.state} />}
      </div>
      {value && (
        <p class="lead">
          {kindName(value.kind)}
          {value.facts?.osName && `, ${value.facts.osName}`}
        </p>
      )}
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {failure && !value && <FailureCard failure={failure} retry={reload} />}
      {fault && <FailureCard failure={fault} about="Uninstall" retry={uninstall} />}
      {!value && !failure && <Skeleton lines={3} label="Reading the machine" tall />}
      {value && (
        <>
          <SessionNote
            connect={connect}
            now={now}
            nameOf={() => value.name}
            direct={value.reach.mode === 'direct' ? value.reach.address : undefined}
            retry={() => connect.connect(value)}
          />
          <VerdictCard machine={value} connect={connect} />
          <HealthNote health={value.health} />
          <CertificateCard machine={value} now={now} changed={reload} />
          <div class="cards">
            <FactsCard machine={value} now={now} />
            <ExtensionCard machine={value} now={now} uninstall={uninstall} />
          </div>
        </>
      )}
    </>
  );
}
