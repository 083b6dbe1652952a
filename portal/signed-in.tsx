import { useEffect, useErrorBoundary, useMemo, useState } from 'preact/hooks';
import type { Access } from './access/session.ts';
import { createCertificatesApi } from './api/certificates.ts';
import { createAsk } from './api/client.ts';
import { failureOf } from './api/failure.ts';
import { createFleetApi } from './api/fleet.ts';
import { createMachinesApi } from './api/machines.ts';
import { BrowserNote } from './components/browser-note.tsx';
import { FailureCard } from './components/failure-card.tsx';
import { type Section, TopBar } from './components/top-bar.tsx';
import { PortalProvider } from './hooks/portal.ts';
import { useRoute } from './navigation/history.ts';
import { Link } from './navigation/link.tsx';
import { addresses, type Route } from './navigation/routes.ts';
import { AddMachineScreen } from './screens/add-machine.tsx';
import { CertificatesScreen } from './screens/certificates.tsx';
import { DrillScreen } from './screens/drill.tsx';
import { ExtensionScreen } from './screens/extension.tsx';
import { FleetInstallScreen } from './screens/fleet-install.tsx';
import { FleetInstallsScreen } from './screens/fleet-installs.tsx';
import { FleetPlanScreen } from './screens/fleet-plan.tsx';
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
      return <MachinesScreen question={route} />;
    case 'add':
      return <AddMachineScreen />;
    case 'machine':
      return <MachineScreen key={route.id} id={route.id} />;
    case 'install':
      return <InstallScreen key={route.id} {...route} />;
    case 'extension':
      return <ExtensionScreen key={route.id} id={route.id} />;
    case 'operation':
      return <OperationScreen key={route.operationId} {...route} />;
    case 'certificates':
      return <CertificatesScreen />;
    case 'drill':
      return <DrillScreen key={route.drillId} drillId={route.drillId} />;
    case 'fleet-installs':
      return <FleetInstallsScreen />;
    case 'fleet-plan':
      return <FleetPlanScreen />;
    case 'fleet-install':
      return <FleetInstallScreen key={route.fleetId} fleetId={route.fleetId} />;
    default:
      return <Unknown />;
  }
}

function Content({ route }: { route: Route }) {
  const [fault, restart] = useErrorBoundary((error) => console.error(error));
  return fault ? <FailureCard failure={failureOf(fault)} retry={restart} /> : <Screen route={route} />;
}

function sectionOf({ screen }: Route): Section {
  if (screen.startsWith('fleet-')) return 'fleet';
  return screen === 'certificates' || screen === 'drill' ? 'certificates' : 'machines';
}

export function SignedIn({ access }: { access: Access }) {
  const route = useRoute();
  const [spoken, announce] = useState('');
  // What was said on the last screen is not said again on this one.
  const address = location.pathname;
  useEffect(() => announce(''), [address]);
  const portal = useMemo(() => {
    const ask = createAsk(access);
    const api = { ...createMachinesApi(ask), ...createCertificatesApi(ask), ...createFleetApi(ask) };
    return { api, announce };
  }, [access]);
  return (
    <PortalProvider value={portal}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <TopBar access={access} section={sectionOf(route)} />
      <main id="content" class="content">
        <BrowserNote />
        <Content route={route} />
      </main>
      <div class="visually-hidden" role="status" aria-live="polite">
        {spoken}
      </div>
    </PortalProvider>
  );
}
