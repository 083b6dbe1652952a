import { type ErrorRow, row } from './row.ts';

/** Refusals of access that are no missing role, and of leases. */
export const accessErrors = {
  access_undecided: row(
    503,
    'authorization',
    true,
    'Nobody can say now whether you may',
    'Try again in some seconds: Azure Resource Manager does not answer, and what it said last is older than a minute. Nothing is opened meanwhile.',
  ),
  roles_unreadable: row(
    502,
    'authorization',
    false,
    'The control plane may not read who may what',
    'Give the identity of the app the role Reader on the subscription, or above it: it has to read role assignments, role definitions and deny assignments.',
  ),
  principal_not_found: row(
    404,
    'authorization',
    false,
    'The directory has nobody with that object id',
    'Use the object id of a user, a group, an application or a managed identity: az ad user show --id <user name> --query id.',
  ),
  too_many_requests: row(
    429,
    'request',
    true,
    'Too many requests',
    'Wait as long as Retry-After says, then go on more slowly.',
  ),
  application_not_allowed: row(
    403,
    'authorization',
    false,
    'This is for people',
    'Sign in as a person: an application cannot do this with a token of its own.',
  ),
  remote_access_disabled: row(
    403,
    'agent',
    false,
    'The machine has switched remote access off',
    'On the machine: azcmagent config set incomingconnections.enabled true. Nothing in Azure can switch it on.',
  ),
  lease_required: row(
    403,
    'authorization',
    false,
    'A lease is needed',
    'Request a lease with a purpose and a time; somebody who may assign roles on the machine approves it.',
  ),
  lease_not_found: row(
    404,
    'control plane',
    false,
    'There is no such lease',
    'List the leases of the machine; those that ended are kept for 90 days.',
  ),
  lease_own_request: row(
    403,
    'authorization',
    false,
    'Somebody else has to decide',
    'Ask another person who may assign roles on the machine: nobody approves a request of his own.',
  ),
  lease_state: row(
    409,
    'control plane',
    false,
    'The lease is past that',
    'Read the lease: its state is in `state`. Request another one where it has ended.',
  ),
  lease_exists: row(
    409,
    'control plane',
    false,
    'There is such a lease already',
    'Use the one in `leaseId`, extend it, or give it back first.',
  ),
} as const satisfies Record<string, ErrorRow>;
