import { type ErrorRow, row, tryAgain } from './row.ts';

/** Failures of the platform services that the control plane stands on. */
export const platformErrors = {
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
} as const satisfies Record<string, ErrorRow>;
