import { type ErrorRow, row, tryAgain } from './row.ts';

/** Failures of the request itself, of its caller, and of the control plane. */
export const callerErrors = {
  invalid_request: row(400, 'request', false, 'The request is not valid', 'Correct the fields named in `errors`.'),
  length_required: row(411, 'request', false, 'The body has no Content-Length', 'Send the body with a Content-Length header; chunked uploads are not read.'),
  body_too_large: row(413, 'request', false, 'The body is too large', 'Send a smaller body; the limit is in `detail`.'),
  unsupported_media_type: row(415, 'request', false, 'The body is not JSON', 'Send the body as application/json.'),
  not_found: row(404, 'request', false, 'There is no such thing', 'Check the address; names are listed in /api/openapi.json.'),
  precondition_failed: row(412, 'request', false, 'The resource changed meanwhile', 'Read it again and repeat the change with the new ETag.'),
  token_missing: row(401, 'sign-in', false, 'Sign-in is needed', 'Sign in and send the access token as a Bearer token.'),
  token_invalid: row(401, 'sign-in', false, 'The access token is not accepted', 'Sign in again; the token must be for this API and this tenant.'),
  agent_token_invalid: row(401, 'sign-in', false, 'The agent is not recognised', 'Restart the agent; if it stays, reinstall the extension so that it enrols again.'),
  machine_not_found: row(404, 'authorization', false, 'There is no such machine, or you may not see it', 'Check the id, or ask for a role with read access to the machine.'),
  access_denied: row(403, 'authorization', false, 'A right is missing', 'Ask for a role that has the action named in `missingAction`.'),
  etag_mismatch: row(409, 'control plane', true, 'Somebody else changed the record', 'Try again.'),
  operation_in_progress: row(409, 'control plane', true, 'Another operation runs on this machine', 'Wait until the operation in `operationId` has ended.'),
  operation_not_found: row(404, 'control plane', false, 'There is no such operation', 'Operations are kept for 30 days; read the machine for its present state.'),
  operation_interrupted: row(500, 'control plane', true, 'The operation was interrupted', 'Send the same request again; it finishes what was begun.'),
  session_not_found: row(404, 'control plane', false, 'There is no such session', 'Sessions end by themselves; connect again.'),
  store_unavailable: row(503, 'control plane', true, 'The database does not answer', tryAgain),
  configuration_incomplete: row(500, 'control plane', false, 'The deployment is incomplete', 'Create what `detail` names and restart.'),
  internal_error: row(500, 'control plane', true, 'Something unexpected failed', 'Try again; if it stays, report the `instance` of this problem.'),
  precondition_unmet: row(422, 'control plane', false, 'The machine does not meet the requirements', 'Mend each requirement listed in `preconditions`, then install again.'),
} as const satisfies Record<string, ErrorRow>;
