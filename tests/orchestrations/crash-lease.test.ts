import { leaseFlows } from '../support/crash/lease-flows.ts';
import { describeCrashes, describeDeathsWithin } from '../support/crash/suite.ts';

for (const flow of leaseFlows) {
  describeCrashes(flow);
  describeDeathsWithin(flow);
}
