import { importJWK, type JWK, jwtVerify } from 'jose';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';

/** The ticket that opens a session inside TLS: one use, this many seconds. */
const lifetimeSeconds = 60;
const clockToleranceSeconds = 5;
const type = 'session-ticket+jwt';

/**
 * Claims: `sub` is the user's name (UPN), `oid` his object id in Entra, `aud` the machine name, `jti` makes it usable
 * once.
 */
const ticketClaims = z.object({
  jti: z.string().min(16),
  sub: z.string().min(1),
  oid: z.string().min(1).max(64).optional(),
  aud: z.string(),
  sid: z.string().length(16),
  svc: z.enum(['WAC', 'SSH']),
  /** When the session ends, Unix seconds. */
  end: z.number().int(),
  exp: z.number().int(),
});

export interface Ticket {
  id: string;
  user: string;
  /** Absent in a ticket of an older control plane. */
  userId?: string;
  machineName: string;
  sessionId: string;
  service: 'WAC' | 'SSH';
  sessionEndsAt: number;
  /** Unix seconds; its id must be remembered until then. */
  expiresAt: number;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Mints a ticket with a key that signs where it lives: `sign` gets the JWS signing input. */
export async function mintTicket(
  ticket: Omit<Ticket, 'expiresAt'>,
  keyId: string,
  sign: (input: Uint8Array) => Promise<Uint8Array>,
  nowSeconds: number,
): Promise<string> {
  const claims: z.infer<typeof ticketClaims> & { iat: number } = {
    jti: ticket.id,
    sub: ticket.user,
    ...(ticket.userId !== undefined && { oid: ticket.userId }),
    aud: ticket.machineName,
    sid: ticket.sessionId,
    svc: ticket.service,
    end: ticket.sessionEndsAt,
    iat: nowSeconds,
    exp: nowSeconds + lifetimeSeconds,
  };
  const input = `${encode({ alg: 'ES256', typ: type, kid: keyId })}.${encode(claims)}`;
  const signature = await sign(new TextEncoder().encode(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

/**
 * Checks signature, machine and time; the caller checks the use (once) and the session's own end. Throws
 * `token_invalid` with a sentence for the log.
 */
export async function verifyTicket(
  keys: readonly (JWK & { kid: string })[],
  machineName: string,
  token: string,
  nowSeconds: number,
): Promise<Ticket> {
  try {
    const { payload } = await jwtVerify(
      token,
      async (header) => {
        const key = keys.find((candidate) => candidate.kid === header.kid);
        if (!key) throw new Error('the ticket names an unknown key');
        return importJWK(key, 'ES256');
      },
      {
        algorithms: ['ES256'],
        typ: type,
        audience: machineName,
        currentDate: new Date(nowSeconds * 1000),
        clockTolerance: clockToleranceSeconds,
      },
    );
    const claims = ticketClaims.parse(payload);
    return {
      id: claims.jti,
      user: claims.sub,
      ...(claims.oid !== undefined && { userId: claims.oid }),
      machineName: claims.aud,
      sessionId: claims.sid,
      service: claims.svc,
      sessionEndsAt: claims.end,
      expiresAt: claims.exp,
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('token_invalid', `the session ticket is not accepted: ${why}`, { cause });
  }
}
