import { revocationFlows } from '../support/crash/certificate-flows.ts';
import { describeCrashes } from '../support/crash/suite.ts';

for (const flow of revocationFlows) describeCrashes(flow);
