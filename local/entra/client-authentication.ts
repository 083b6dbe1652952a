import { X509Certificate } from 'node:crypto';
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '#local/kit/clock.ts';
import { EntraError } from './errors.ts';
import type { Application } from './objects.ts';
import { hashOf } from './sample-tenant.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The application's certificate that the assertion's header names by thumbprint (`x5t`, `x5t#S256`). */
function certificateOf(application: Application, assertion: string): X509Certificate {
  let header: Record<string, unknown> = {};
  try {
    header = decodeProtectedHeader(assertion);
  } catch {
    throw new EntraError(50027, 'JWT token is invalid or malformed.');
  }
  const thumbprint = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex').toString('base64url');
  const found = application.keyCredentials
    .map(({ key }) => new X509Certificate(Buffer.from(key, 'base64')))
    .find(
      ({ fingerprint, fingerprint256 }) =>
        header['x5t'] === thumbprint(fingerprint) || header['x5t#S256'] === thumbprint(fingerprint256),
    );
  if (!found)
    throw new EntraError(
      700027,
      'The certificate with identifier used to sign the client assertion is not registered on application.',
    );
  return found;
}

async function verifyAssertion(
  application: Application,
  assertion: string,
  audiences: readonly string[],
  clock: Clock,
): Promise<JWTPayload> {
  const certificate = certificateOf(application, assertion);
  try {
    const { payload } = await jwtVerify(assertion, certificate.publicKey, {
      issuer: application.appId,
      subject: application.appId,
      audience: [...audiences],
      algorithms: ['RS256', 'PS256'],
      currentDate: new Date(clock.now()),
      // Clients round to seconds and their clocks differ; the service forgives five minutes.
      clockTolerance: 300,
      requiredClaims: ['exp', 'jti'],
    });
    return payload;
  } catch (error) {
    throw new EntraError(700027, `Client assertion failed validation: ${(error as Error).message}.`);
  }
}

/** `client_secret_basic` (RFC 6749 section 2.3.1) beside the form's own field. */
export function readClient(form: URLSearchParams, authorization: string | undefined) {
  const [, encoded = ''] = /^Basic (.+)$/i.exec(authorization ?? '') ?? [];
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const decode = (text: string) => new URLSearchParams(`v=${text}`).get('v') ?? '';
  return {
    clientId: form.get('client_id') ?? decode(id),
    secret: form.get('client_secret') ?? (secret ? decode(secret) : null),
  };
}

/**
 * Checks the client's secret or assertion. Answers how it proved itself, as the claim `azpacr` says it: `1` secret,
 * `2` certificate, `0` not at all.
 */
export async function authenticateClient(options: {
  application: Application;
  secret: string | null;
  form: URLSearchParams;
  /** The issuer and the token endpoint: either may be the assertion's audience. */
  audiences: readonly string[];
  clock: Clock;
}): Promise<'0' | '1' | '2'> {
  const { application, secret, form, audiences, clock } = options;
  const assertion = form.get('client_assertion');
  if (assertion !== null) {
    if (form.get('client_assertion_type') !== assertionType)
      throw new EntraError(900144, `client_assertion_type must be '${assertionType}'.`);
    await verifyAssertion(application, assertion, audiences, clock);
    return '2';
  }
  if (secret === null) return '0';
  const hash = hashOf(secret);
  const credential = application.passwordCredentials.find((one) => one.hash === hash);
  if (!credential)
    throw new EntraError(
      7000215,
      'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, ' +
        `not the client secret ID, for a secret added to app '${application.appId}'.`,
    );
  if (Date.parse(credential.endDateTime) <= clock.now())
    throw new EntraError(7000222, 'The provided client secret keys for the app are expired.');
  return '1';
}
