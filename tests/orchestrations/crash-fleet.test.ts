import { fleetFlows } from '../support/crash/fleet-flows.ts';
import { describeCrashes } from '../support/crash/suite.ts';

for (const flow of fleetFlows) describeCrashes(flow);
