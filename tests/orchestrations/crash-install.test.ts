import { installFlows } from '../support/crash/install-flows.ts';
import { describeCrashes } from '../support/crash/suite.ts';

for (const flow of installFlows) describeCrashes(flow);
