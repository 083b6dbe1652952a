import { useEffect, useErrorBoundary, useMemo, useState } from 'preact/hooks';
import type { Access } from './access/session.ts';
import { createCertificatesApi } from './api/certificates.ts';
import { createAsk } from './api/client.ts';
import { failureOf } from './api/failure.ts';
import { createMachinesApi } from './api/machines.ts';
import { FailureCard } from './components/failure-card.tsx';
import { TopBar } from './components/top-bar.tsx';
import { PortalProvider } from './hooks/portal.ts';
import { useRoute } from './navigation/history.ts';
import { Link } from './navigation/link.tsx';
import { addresses, type Route } from './navigation/routes.ts';
import { AddMachineScreen } from './screens/add-machine.tsx';
import { CertificatesScreen } from './screens/certificates.tsx';
import { DrillScreen } from './screens/drill.tsx';
import { InstallScreen } from './screens/install.tsx';
import { MachineScreen } from './screens/machine.tsx';
import { MachinesScreen } from './screens/machines.tsx';
import { OperationScreen } from './screens/operation.tsx';

function Unknown() {
  return (
    <div class="empty">
      <h1>There is no such page</h1>
      <p>The address may be cut off or old.</p>
      <Link to={addresses.machines()} class="button primary">
        Show the machines
      </Link>
    </div>
  );
}

/** The key makes each address a screen of its own: nothing of the last one stays. */
function Screen({ route }: { route: Route }) {
  switch (route.screen) {
    case 'machines':
      return <MachinesScreen filter={route} />;
    case 'add':
      return <AddMachineScreen />;
    case 'machine':
      return <MachineScreen key={route.id} id={route.id} />;
    case 'install':
      return <InstallScreen key={route.id} id={route.id} />;
    case 'operation':
      return <OperationScreen key={route.operationId} {...route} />;
    case 'certificates':
      return <CertificatesScreen />;
    case 'drill':
      return <DrillScreen key={route.drillId} drillId={route.drillId} />;
    default:
      return <Unknown />;
  }
}

function Content({ route }: { route: Route }) {
  const [fault, restart] = useErrorBoundary((error) => console.error(error));
  return fault ? <FailureCard failure={failureOf(fault)} retry={restart} /> : <Screen route={route} />;
}

const sectionOf = ({ screen }: Route): 'machines' | 'certificates' =>
  screen === 'certificates' || screen === 'drill' ? 'certificates' : 'machines';

export function SignedIn({ access }: { access: Access }) {
  const route = useRoute();
  const [spoken, announce] = useState('');
  // What was said on the last screen is not said again on this one.
  const address = location.pathname;
  useEffect(() => announce(''), [address]);
  const portal = useMemo(() => {
    const ask = createAsk(access);
    return { api: { ...createMachinesApi(ask), ...createCertificatesApi(ask) }, announce };
  }, [access]);
  return (
    <PortalProvider value={portal}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <TopBar access={access} section={sectionOf(route)} />
      <main id="content" class="content">
        <Content route={route} />
      </main>
      <div class="visually-hidden" role="status" aria-live="polite">
        {spoken}
      </div>
    </PortalProvider>
  );
}
