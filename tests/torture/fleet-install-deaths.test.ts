import { fleetInstall } from '../support/crash/fleet-install-flow.ts';
import { describeDeathsWithin } from '../support/crash/suite.ts';

describeDeathsWithin(fleetInstall);
