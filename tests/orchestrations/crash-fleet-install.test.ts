import { fleetInstall } from '../support/crash/fleet-install-flow.ts';
import { describeCrashes } from '../support/crash/suite.ts';

describeCrashes(fleetInstall);
