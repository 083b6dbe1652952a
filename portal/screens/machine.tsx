import { useState } from 'preact/hooks';
import { CertificateCard } from '../components/certificate-card.tsx';
import { ExtensionCard } from '../components/extension-card.tsx';
import { FactsCard } from '../components/facts-card.tsx';
import { FailureCard } from '../components/failure-card.tsx';
import { HealthNote } from '../components/health-note.tsx';
import { LeaseCard } from '../components/lease-card.tsx';
import { MachineHeader } from '../components/machine-header.tsx';
import { MachineRefused } from '../components/machine-refused.tsx';
import { SessionCard } from '../components/session-card.tsx';
import { SessionNote } from '../components/session-note.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { VerdictCard } from '../components/verdict-card.tsx';
import { useAction } from '../hooks/action.ts';
import { useConnect } from '../hooks/connect.ts';
import { useDelayed } from '../hooks/delayed.ts';
import { useMachine } from '../hooks/machine.ts';
import { useMachineLeases } from '../hooks/machine-leases.ts';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds after which the machine is shown without what leases say of it. */
const leasePatienceMs = 1500;

export function MachineScreen({ id }: { id: string }) {
  const { api } = usePortal();
  const now = useNow();
  const machine = useMachine(id);
  const leases = useMachineLeases(id, machine.value !== undefined);
  const [isAsking, ask] = useState(false);
  const connect = useConnect(machine.reload);
  const { failure: fault, run } = useAction();
  const { value, failure, reload } = machine;
  const heading = useScreenTitle(value?.name ?? 'Machine');
  const { standing } = leases;
  // What the button says depends on them; a service that is slow to say holds nobody up.
  const isLate = useDelayed(leasePatienceMs);
  const isKnown = isLate || leases.value !== undefined || leases.failure !== undefined;
  const hasLeaseCard = isAsking || standing.own !== undefined;

  const uninstall = () =>
    run(async (go) => {
      const { operation } = await api.uninstall(id);
      go(addresses.operation(operation.id));
    });

  return (
    <>
      <MachineHeader
        id={id}
        view="overview"
        heading={heading}
        machine={value}
        isRefused={failure !== undefined}
      />
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {failure && !value && <MachineRefused id={id} failure={failure} retry={reload} />}
      {fault && <FailureCard failure={fault} about="Uninstall" retry={uninstall} />}
      {!(value && isKnown) && !failure && <Skeleton lines={3} label="Reading the machine" tall />}
      {value && isKnown && (
        <>
          <SessionNote
            connect={connect}
            now={now}
            nameOf={() => value.name}
            direct={value.reach.mode === 'direct' ? value.reach.address : undefined}
            retry={() => connect.connect(value)}
            askForLease={() => ask(true)}
          />
          <VerdictCard
            machine={value}
            connect={connect}
            standing={standing}
            now={now}
            askForLease={() => ask(true)}
          />
          {hasLeaseCard && (
            <LeaseCard
              machine={value}
              leases={leases}
              now={now}
              isAsking={isAsking}
              ask={ask}
              hasButton={false}
            />
          )}
          <HealthNote health={value.health} />
          <SessionCard machineId={id} machine={value.name} now={now} isBrief />
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
