import { issueFlows, renewalFlows, revocationFlows } from '../support/crash/certificate-flows.ts';
import { renewals } from '../support/crash/fleet-flows.ts';
import { installFlows } from '../support/crash/install-flows.ts';
import { lifecycleFlows } from '../support/crash/lifecycle-flows.ts';
import { describeDeathsWithin } from '../support/crash/suite.ts';

/** Between any two calls that the flows make to the services around them. */
for (const flow of [
  ...issueFlows,
  ...renewalFlows,
  ...revocationFlows,
  ...installFlows,
  ...lifecycleFlows,
  renewals,
])
  describeDeathsWithin(flow);
