import { lifecycleFlows } from '../support/crash/lifecycle-flows.ts';
import { describeCrashes } from '../support/crash/suite.ts';

for (const flow of lifecycleFlows) describeCrashes(flow);
