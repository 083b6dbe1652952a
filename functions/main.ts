import { compose } from './composition.ts';
import { registerDurable } from './durable.ts';
import { registerAgent } from './http/agent.ts';
import { registerDescription } from './http/description.ts';
import { registerEndpoint } from './http/endpoint.ts';
import { registerExtension } from './http/extension.ts';
import { registerHomePage } from './http/home-page.ts';
import { registerMachines } from './http/machines.ts';
import { registerOperations } from './http/operations.ts';
import { registerPortal } from './http/portal.ts';
import { registerProxy } from './http/proxy.ts';
import { registerSessions } from './http/sessions.ts';
import { registerAgentReports } from './messages/agent-reports.ts';
import { registerRenewal } from './timers/renew-certificates.ts';

/** The bundle's entry: registers everything; nothing is built before the first use. */
const ports = compose(process.env);

registerHomePage();
registerPortal(ports);
registerDescription(ports);
registerMachines(ports);
registerExtension(ports);
registerEndpoint(ports);
registerSessions(ports);
registerOperations(ports);
registerAgent(ports);
registerProxy(ports);
registerAgentReports(ports);
registerRenewal(ports);
registerDurable(ports);
