import { crashFlows } from '../support/crash-flows.ts';
import { describeCrashes } from '../support/crash-suite.ts';

for (const flow of Object.values(crashFlows)) describeCrashes(flow);
