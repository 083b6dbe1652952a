import { useEffect, useErrorBoundary, useMemo, useState } from 'preact/hooks';
import type { Access } from './access/session.ts';
import { createAccessApi } from './api/access.ts';
import { createAuditApi } from './api/audit.ts';
import { createCertificatesApi } from './api/certificates.ts';
import { createAsk } from './api/client.ts';
import { failureOf } from './api/failure.ts';
import { createFleetApi } from './api/fleet.ts';
import { createLeasesApi } from './api/leases.ts';
import { createMachinesApi } from './api/machines.ts';
import { createSessionsApi } from './api/sessions.ts';
import { BrowserNote } from './components/browser-note.tsx';
import { FailureCard } from './components/failure-card.tsx';
import { type Section, TopBar } from './components/top-bar.tsx';
import { PortalProvider } from './hooks/portal.ts';
import { useRemote } from './hooks/remote.ts';
import { useRoute } from './navigation/history.ts';
import { lazy } from './navigation/lazy.tsx';
import { Link } from './navigation/link.tsx';
import { addresses, type Route } from './navigation/routes.ts';
import { AddMachineScreen } from './screens/add-machine.tsx';
import { ExtensionScreen } from './screens/extension.tsx';
import { InstallScreen } from './screens/install.tsx';
import { MachineScreen } from './screens/machine.tsx';
import { MachineSessionsScreen } from './screens/machine-sessions.tsx';
import { MachinesScreen } from './screens/machines.tsx';
import { OperationScreen } from './screens/operation.tsx';
import { SessionsScreen } from './screens/sessions.tsx';

/** Milliseconds between two looks at what waits for the reader's word. */
const waitingMs = 30_000;

/** Who comes to connect or install waits for none of these. */
const AccessScreen = lazy(async () => (await import('./screens/machine-access.tsx')).MachineAccessScreen);
const MachineAuditScreen = lazy(async () => (await import('./screens/machine-audit.tsx')).MachineAuditScreen);
const AuditScreen = lazy(async () => (await import('./screens/audit.tsx')).AuditScreen);
const LeasesScreen = lazy(async () => (await import('./screens/leases.tsx')).LeasesScreen);
const LeaseScreen = lazy(async () => (await import('./screens/lease.tsx')).LeaseScreen);
const CertificatesScreen = lazy(async () => (await import('./screens/certificates.tsx')).CertificatesScreen);
const DrillScreen = lazy(async () => (await import('./screens/drill.tsx')).DrillScreen);
const FleetInstallsScreen = lazy(
  async () => (await import('./screens/fleet-installs.tsx')).FleetInstallsScreen,
);
const FleetPlanScreen = lazy(async () => (await import('./screens/fleet-plan.tsx')).FleetPlanScreen);
const FleetInstallScreen = lazy(async () => (await import('./screens/fleet-install.tsx')).FleetInstallScreen);

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
    case 'machine-access':
      return <AccessScreen key={`${route.id} ${route.principal}`} {...route} />;
    case 'machine-sessions':
      return <MachineSessionsScreen key={route.id} id={route.id} />;
    case 'machine-audit':
      return <MachineAuditScreen key={route.id} {...route} />;
    case 'lease':
      return <LeaseScreen key={route.leaseId} {...route} />;
    case 'leases':
      return <LeasesScreen />;
    case 'sessions':
      return <SessionsScreen />;
    case 'audit':
      return <AuditScreen />;
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
  if (screen === 'leases' || screen === 'lease') return 'leases';
  if (screen === 'sessions' || screen === 'audit') return screen;
  return screen === 'certificates' || screen === 'drill' ? 'certificates' : 'machines';
}

function createApi(access: Access) {
  const ask = createAsk(access);
  return {
    ...createMachinesApi(ask),
    ...createCertificatesApi(ask),
    ...createFleetApi(ask),
    ...createAccessApi(ask),
    ...createLeasesApi(ask),
    ...createSessionsApi(ask),
    ...createAuditApi(ask),
  };
}

export function SignedIn({ access }: { access: Access }) {
  const route = useRoute();
  const [spoken, announce] = useState('');
  // What was said on the last screen is not said again on this one.
  const address = location.pathname;
  useEffect(() => announce(''), [address]);
  const api = useMemo(() => createApi(access), [access]);
  const waiting = useRemote('waiting leases', api.waitingLeases, () => waitingMs);
  const portal = useMemo(() => ({ api, announce, waitingChanged: waiting.reload }), [api, waiting.reload]);
  return (
    <PortalProvider value={portal}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <TopBar access={access} section={sectionOf(route)} waiting={waiting.value?.length ?? 0} />
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
