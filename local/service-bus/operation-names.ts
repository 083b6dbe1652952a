import { claimsAddress } from './amqp/claims-node.ts';
import { countedName, managementOperations } from './amqp/management-operations.ts';

const resources = ['namespace', 'entities', 'entity', 'subscriptions', 'subscription', 'rules', 'rule'];
const written = ['entity', 'subscription', 'rule'];

/** Every name under which a call is counted and a fault can be set: AMQP first, then administration. */
export const operationNames: readonly string[] = [
  'attach',
  'send',
  'complete',
  'abandon',
  'defer',
  'dead-letter',
  claimsAddress,
  ...Object.keys(managementOperations).map(countedName),
  ...resources.map((resource) => `GET ${resource}`),
  ...['PUT', 'DELETE'].flatMap((method) => written.map((resource) => `${method} ${resource}`)),
];
