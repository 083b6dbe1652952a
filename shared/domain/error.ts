/** Where on the way a request failed; the portal shows it and the remedy is written for it. */
export type Hop =
  | 'request'
  | 'sign-in'
  | 'authorization'
  | 'control plane'
  | 'resource manager'
  | 'hybrid connectivity'
  | 'DNS'
  | 'certificate authority'
  | 'key vault'
  | 'message bus'
  | 'extension'
  | 'agent'
  | 'relay'
  | 'proxy'
  | 'service';

interface ErrorRow {
  /** HTTP status at the edge. */
  status: number;
  hop: Hop;
  /** Whether the same request may succeed later with nothing changed. Decided here and nowhere else. */
  retryable: boolean;
  title: string;
  /** What the reader does next, one or two sentences. */
  remedy: string;
}

const row = (status: number, hop: Hop, retryable: boolean, title: string, remedy: string): ErrorRow => ({
  status,
  hop,
  retryable,
  title,
  remedy,
});

const tryAgain = 'Wait a minute and try again; nothing is left half-done.';

/** Every failure that leaves the system, by its stable code. Codes are facts and are never renamed. */
export const errorTable = {
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
  extension_not_installed: row(409, 'extension', false, 'Windows Admin Center is not installed on this machine', 'Install it first.'),

  resource_manager_unavailable: row(503, 'resource manager', true, 'Azure Resource Manager does not answer', tryAgain),
  resource_manager_refused: row(502, 'resource manager', false, 'Azure Resource Manager refused the request', 'Give the app identity the rights named in the deployment guide; `detail` has the answer.'),
  provider_not_registered: row(409, 'hybrid connectivity', true, 'The Hybrid Connectivity resource provider is not registered', 'Install again: registering is its first step. It takes up to five minutes.'),
  provider_registration_timeout: row(504, 'hybrid connectivity', true, 'Registering the resource provider takes too long', 'Install again in some minutes; registering goes on in Azure.'),
  endpoint_missing: row(409, 'hybrid connectivity', false, 'The machine has no endpoint', 'Install again, or create the endpoint: it says that access is allowed at all.'),
  service_not_configured: row(409, 'hybrid connectivity', false, 'The service has no configuration', 'Create the service configuration with the port, or install again.'),

  dns_zone_missing: row(500, 'DNS', false, 'The DNS zone does not exist', 'Create the zone that is configured and delegate it.'),
  dns_unavailable: row(503, 'DNS', true, 'Azure DNS does not answer', tryAgain),
  dns_record_conflict: row(409, 'DNS', true, 'A DNS record was changed at the same time', 'Try again.'),
  name_not_resolved: row(502, 'DNS', true, 'The session name does not resolve', 'A new record can take two minutes to be seen; then check the delegation of the zone.'),

  certificate_authority_unavailable: row(503, 'certificate authority', true, 'The certificate authority does not answer', tryAgain),
  certificate_rate_limited: row(503, 'certificate authority', true, 'The certificate authority limits the rate', 'Wait until the time in `retryAt`; the order is taken up again by itself.'),
  certificate_order_refused: row(502, 'certificate authority', false, 'The certificate authority refused the order', 'Read `detail`: it is the answer of the authority.'),
  certificate_challenge_failed: row(502, 'certificate authority', true, 'The authority could not prove the name in DNS', 'Check the delegation of the zone, then install again.'),
  certificate_order_timeout: row(504, 'certificate authority', true, 'The certificate order takes too long', 'Install again; an order that is still open is taken up.'),

  key_vault_unavailable: row(503, 'key vault', true, 'Key Vault does not answer', tryAgain),
  key_vault_refused: row(502, 'key vault', false, 'Key Vault refused the request', 'Give the app identity its roles on the vault; `detail` has the answer.'),
  certificate_missing: row(409, 'key vault', false, 'The machine has no certificate', 'Install again: it issues one.'),

  message_bus_unavailable: row(503, 'message bus', true, 'Service Bus does not answer', tryAgain),
  relay_unavailable: row(503, 'relay', true, 'The relay does not answer', tryAgain),

  extension_failed: row(502, 'extension', true, 'The extension failed on the machine', 'Read the detailed status of the extension, then install again.'),
  extension_timeout: row(504, 'extension', true, 'The machine did not take up the extension in time', 'Check that the machine is on and its Arc agent connected, then install again.'),
  agent_not_serving: row(504, 'agent', true, 'The agent does not serve the certificate yet', 'Check that the agent runs and may reach the service on port 443, then install again.'),
  agent_offline: row(503, 'agent', true, 'The agent is not connected', 'Check that the machine is on and the service ServerManagementGateway runs. After an install wait a minute or two.'),
  port_not_allowed: row(403, 'agent', false, 'The machine does not allow this port', 'On the machine: azcmagent config set incomingconnections.ports <port>.'),
  enrolment_refused: row(403, 'agent', false, 'The enrolment is refused', 'Reinstall the extension: its token is for one machine and one pair of keys.'),
  report_refused: row(403, 'agent', false, 'The report is refused', 'It is not signed by the enrolled key of the machine, or it is a repetition.'),

  proxy_unreachable: row(502, 'proxy', true, 'The proxy does not answer', 'Check that the proxy runs and that its port is reachable.'),
  proxy_refused: row(502, 'proxy', true, 'The proxy refused the session', 'The reason is in its log; a proxy that has just started may lack the newest label key.'),
  leaf_mismatch: row(502, 'agent', true, 'The machine serves another certificate than the one on record', 'Wait a minute for the agent to fetch the new one; if it stays, reinstall the extension.'),
  service_unreachable: row(502, 'service', true, 'The service on the machine does not answer', 'On the machine check that https://localhost:<port> loads; restart ServerManagementGateway if not.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorTable, text);

/** Facts for the reader; plain JSON values only, so that they survive every boundary. Never a secret. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

export interface AppErrorOptions {
  facts?: ErrorFacts;
  /** When to try again, in milliseconds from now, where the other side said so. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** The one error class. `message` says what happened in this case; the rest comes from the table. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.facts = options.facts ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }

  get hop(): Hop {
    return errorTable[this.code].hop;
  }

  get isRetryable(): boolean {
    return errorTable[this.code].retryable;
  }
}

/** What is kept of an error in a document, an operation or a Durable output. */
export interface ErrorRecord {
  code: ErrorCode;
  hop: Hop;
  title: string;
  detail: string;
  remedy: string;
  retryable: boolean;
  facts?: ErrorFacts;
}

export function describeError(error: AppError): ErrorRecord {
  const { hop, title, remedy, retryable } = errorTable[error.code];
  const record: ErrorRecord = { code: error.code, hop, title, detail: error.message, remedy, retryable };
  return Object.keys(error.facts).length > 0 ? { ...record, facts: error.facts } : record;
}

/** Anything thrown, as ours; what we do not know becomes `internal_error` with the original as cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new AppError('internal_error', detail, { cause: error });
}
