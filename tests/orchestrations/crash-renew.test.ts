import { renewalFlows } from '../support/crash/certificate-flows.ts';
import { describeCrashes } from '../support/crash/suite.ts';

for (const flow of renewalFlows) describeCrashes(flow);
