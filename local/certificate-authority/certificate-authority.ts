import { randomInt, X509Certificate } from 'node:crypto';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '#local/kit/http-server.ts';
import type { StandIn, StandInOptions, TlsIdentity } from '#local/kit/stand-in.ts';
import { requireAccount } from './accounts.ts';
import type { Authority, Latency } from './authority.ts';
import { createCaaLookup } from './caa.ts';
import { faultKinds, nonceFault, operations, renderFault, throttled } from './faults.ts';
import { inspectAuthority } from './inspection.ts';
import { resumeIssuances } from './issuance.ts';
import { createNonces, seededRandom } from './nonces.ts';
import { createPendingWork } from './pending-work.ts';
import { Problem, renderProblem } from './problem.ts';
import { defaultProfiles, type Profiles } from './profiles.ts';
import type { RateLimits } from './rate-limits.ts';
import { moveRenewalWindows, type RenewalWindowMove } from './renewal-windows.ts';
import { findRoute } from './routes.ts';
import { createTables } from './schema.ts';
import { verifySignedRequest } from './signed-request.ts';
import { urls } from './urls.ts';
import { createTextLookup, resumeValidations } from './validation.ts';

const maxBodyBytes = 64 * 1024;
const defaultNonceRejectRate = 0.05;

export interface CertificateAuthorityOptions extends StandInOptions {
  /** For its own https address. */
  tls: TlsIdentity;
  /** The intermediate that signs the leaves, PEM, EC P-256; its certificate follows the leaf in each chain. */
  issuer: { key: string; cert: string };
  /** The root above the issuer, PEM. It is never part of a chain; served at `/root.pem`. */
  root: string;
  /** The server that is asked for `_acme-challenge` and CAA records. `host` is an address. */
  dnsServer: { host: string; port: number };
  /** Name in lists of stand-ins. Default `certificate-authority`. */
  name?: string;
  /** Default: the three of Let's Encrypt, 90 days first. */
  profiles?: Profiles;
  /** Certificates of the issuer's key by other roots, PEM: each gives an alternate chain (RFC 8555 section 7.4.2). */
  alternateIssuers?: readonly string[];
  /** Default: none. `letsEncryptRateLimits` are those of a real one. */
  rateLimits?: RateLimits;
  /** Key ids and MAC keys (base64url). Given, an account needs one of them (RFC 8555 section 7.3.4). */
  externalAccounts?: Readonly<Record<string, string>>;
  /** What stands for it in CAA records (RFC 8659 section 4.2). Default `acme.localhost`. */
  caaIdentities?: readonly string[];
  /** Default `localhost`: what the name constraints of the local root permit. */
  permittedSuffix?: string;
  /** Share of good nonces refused with badNonce, 0 to 1. Default 0.05, drawn from `seed`. */
  nonceRejectRate?: number;
  seed?: number;
  /** Default 0: each order proves its names anew. Let's Encrypt's is 30 days. */
  authorizationReuseMs?: number;
  latency?: Partial<Latency>;
}

export interface CertificateAuthorityStandIn extends StandIn {
  /** Moves suggested renewal windows, as an authority does before it has to revoke; answers how many moved. */
  moveRenewalWindows(move: RenewalWindowMove): number;
}

function requireIssuer({ issuer, root, alternateIssuers = [] }: CertificateAuthorityOptions): void {
  const certificate = new X509Certificate(issuer.cert);
  if (!certificate.ca || !certificate.verify(new X509Certificate(root).publicKey)) {
    throw new Error('the issuer is not a certificate authority below the root');
  }
  const isSameKey = (pem: string) => new X509Certificate(pem).publicKey.equals(certificate.publicKey);
  if (!alternateIssuers.every(isSameKey)) throw new Error('an alternate issuer has another key');
}

/** An RFC 8555 server over https with dns-01, renewal information (RFC 9773) and profiles. See README.md. */
export async function createCertificateAuthority(
  options: CertificateAuthorityOptions,
): Promise<CertificateAuthorityStandIn> {
  const { store, clock, name = 'certificate-authority' } = options;
  requireIssuer(options);
  createTables(store);
  const calls = createCalls();
  const faults = createFaults();
  const nonces = createNonces({
    rejectRate: options.nonceRejectRate ?? defaultNonceRejectRate,
    random: seededRandom(options.seed ?? randomInt(2 ** 32)),
    isRejectedByFault: () => faults.list().has(nonceFault) && faults.take(nonceFault) !== undefined,
  });
  const authority: Authority = {
    store,
    clock,
    faults,
    issuer: options.issuer,
    alternateIssuers: options.alternateIssuers ?? [],
    profiles: options.profiles ?? defaultProfiles,
    rateLimits: options.rateLimits ?? {},
    externalAccounts: options.externalAccounts,
    permittedSuffix: options.permittedSuffix ?? 'localhost',
    authorizationReuseMs: options.authorizationReuseMs ?? 0,
    latency: { validationMs: 0, issuanceMs: 0, ...options.latency },
    lookUpText: createTextLookup(options.dnsServer),
    caaIdentities: options.caaIdentities ?? ['acme.localhost'],
    lookUpCaa: createCaaLookup(options.dnsServer),
    work: createPendingWork(clock),
  };

  /** The authority as it is for one call: with its clock off by this much. */
  const skewed = (skewMs: number): Authority => {
    if (skewMs === 0) return authority;
    const { work } = authority;
    return {
      ...authority,
      clock: { ...clock, now: () => clock.now() + skewMs },
      // What it plans by the wrong clock happens when that says so.
      work: { ...work, schedule: (atMs, task) => work.schedule(atMs - skewMs, task) },
    };
  };

  const dispatch = async (request: HttpRequest): Promise<HttpReply> => {
    if (request.url.pathname === '/root.pem' && request.method === 'GET') {
      return { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: options.root };
    }
    const found = findRoute(request);
    if (!found) throw new Problem('malformed', `there is no ${request.url.pathname}`, { status: 404 });
    const { route, id } = found;
    if (!route.methods.includes(request.method)) {
      throw new Problem('malformed', `${route.operation} takes ${route.methods.join(', ')}`, { status: 405 });
    }
    const { throttleMs, skewMs = 0 } = request.fault ?? {};
    if (throttleMs) throw throttled(route.operation, throttleMs);
    const { origin } = request.url;
    const target = { authority: skewed(skewMs), origin, id, skewMs };
    if (route.signedBy === 'nobody') return route.handle(target);
    const signed = await verifySignedRequest(
      request,
      nonces,
      (kid) => requireAccount(authority, origin, kid).key,
    );
    if (route.signedBy === 'account') {
      if (signed.kid === undefined)
        throw new Problem('malformed', 'the request must name its account by kid');
      return route.handle(target, requireAccount(authority, origin, signed.kid), signed.payload);
    }
    if (route.signedBy === 'key' && signed.namedBy !== 'jwk') {
      throw new Problem('malformed', 'the request must carry its key as jwk');
    }
    return route.handle(target, signed);
  };

  const withCommonHeaders = (reply: HttpReply, request: HttpRequest): HttpReply => {
    const { origin, pathname } = request.url;
    const givesNonce = request.method === 'POST' || pathname === new URL(urls.newNonce(origin)).pathname;
    const { link, ...headers } = reply.headers ?? {};
    const index = `<${urls.directory(origin)}>;rel="index"`;
    return {
      ...reply,
      status: request.method === 'HEAD' && reply.status === 204 ? 200 : reply.status,
      headers: {
        ...headers,
        'cache-control': 'no-store',
        link: link === undefined ? index : [index, link].flat(),
        ...(givesNonce && { 'replay-nonce': nonces.next() }),
      },
    };
  };

  const server = await serveHttp({
    port: options.port,
    tls: options.tls,
    calls,
    faults,
    maxBodyBytes,
    operationOf: (request) => findRoute(request)?.route.operation ?? 'unknown',
    renderFault,
    handle: async (request) => withCommonHeaders(await dispatch(request), request),
    renderError: (error, request) => withCommonHeaders(renderProblem(error), request),
  });
  resumeValidations(authority);
  resumeIssuances(authority);

  return {
    name,
    port: server.port,
    calls,
    faults,
    operations,
    faultKinds,
    inspect: () => inspectAuthority(authority),
    moveRenewalWindows: (move) => moveRenewalWindows(authority, move),
    async close() {
      await server.close();
      await authority.work.close();
    },
  };
}
