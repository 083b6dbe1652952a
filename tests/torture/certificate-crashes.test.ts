import { issueFlows, renewalFlows, revocationFlows } from '../support/crash/certificate-flows.ts';
import { fleetFlows } from '../support/crash/fleet-flows.ts';
import { installFlows } from '../support/crash/install-flows.ts';
import { lifecycleFlows } from '../support/crash/lifecycle-flows.ts';
import { describeCrashes } from '../support/crash/suite.ts';

/** What `npm test` crashes once at each boundary is here crashed once more as soon as it runs again. */
for (const flow of [
  ...issueFlows,
  ...renewalFlows,
  ...revocationFlows,
  ...installFlows,
  ...lifecycleFlows,
  ...fleetFlows,
])
  describeCrashes(flow, 2);
