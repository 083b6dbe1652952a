import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ErrorCode, errorTable } from '#shared/domain/error.ts';
import type { Incoming, StreamPurpose } from '#shared/ports/tunnel.ts';
import { connectLocally, splice } from './splice.ts';

export interface IncomingStreamsOptions {
  /** The port by which a configured service is reached, or undefined. */
  portOf(service: string): number | undefined;
  /** Where the service behind such a port listens. */
  localPortOf(service: string, port: number): number;
  /** Why the machine itself refuses a service (requirements 38-42); undefined when it does not. */
  policyRefusal(port: number, localPort: number): ErrorCode | undefined;
  /** Whether the service is of somebody who has not agreed to lose it (54). */
  isWithheld(service: string): boolean;
  isRevoked(sessionId: string): boolean;
  hasCertificate(): boolean;
  /** Ends TLS for a web session. */
  acceptWeb(stream: Duplex, purpose: StreamPurpose): void;
  /** The connection to the service behind a stream that is passed on as it is. */
  onRaw(purpose: StreamPurpose, local: Socket): void;
  onRefused(purpose: StreamPurpose, code: ErrorCode): void;
  onFailed(purpose: StreamPurpose, error: unknown): void;
}

/** The streams that the tunnel brings, from the decision to their end. */
export interface IncomingStreams {
  take(incoming: Incoming): Promise<void>;
  /** Cuts the live streams for which it is true; answers how many. */
  cut(isOver: (purpose: StreamPurpose) => boolean): number;
  /** Cuts what is no longer configured or allowed. */
  review(): number;
}

const isSessionId = (text: string): boolean => /^[a-z2-7]{16}$/.test(text);

export function createIncomingStreams(options: IncomingStreamsOptions): IncomingStreams {
  const live = new Map<Duplex, StreamPurpose>();

  /** The local port, or why this stream is refused. Local policy is asked after configuration: it always wins. */
  function decide({ service, sessionId }: StreamPurpose): number | ErrorCode {
    const port = options.portOf(service);
    if (!isSessionId(sessionId)) return 'invalid_request';
    if (port === undefined) return 'service_not_configured';
    const localPort = options.localPortOf(service, port);
    const refusal = options.policyRefusal(port, localPort);
    if (refusal !== undefined) return refusal;
    if (options.isWithheld(service)) return 'consent_required';
    if (options.isRevoked(sessionId)) return 'session_not_found';
    return service === 'WAC' && !options.hasCertificate() ? 'certificate_missing' : localPort;
  }

  function track(stream: Duplex, purpose: StreamPurpose): Duplex {
    live.set(stream, purpose);
    stream.on('error', () => stream.destroy());
    stream.once('close', () => live.delete(stream));
    return stream;
  }

  async function refuse(incoming: Incoming, code: ErrorCode): Promise<void> {
    options.onRefused(incoming.purpose, code);
    await incoming.reject(errorTable[code].status, code);
  }

  /** SSH authenticates inside SSH: the bytes go through as they are. */
  async function takeRaw(incoming: Incoming, port: number): Promise<void> {
    const local = await connectLocally(port).catch(() => undefined);
    if (!local) return refuse(incoming, 'service_unreachable');
    try {
      const stream = track(await incoming.accept(), incoming.purpose);
      options.onRaw(incoming.purpose, local);
      splice(stream, local);
    } catch (error) {
      local.destroy();
      throw error;
    }
  }

  function cut(isOver: (purpose: StreamPurpose) => boolean): number {
    const ending = [...live].filter(([, purpose]) => isOver(purpose));
    for (const [stream] of ending) stream.destroy();
    return ending.length;
  }

  return {
    async take(incoming) {
      const { purpose } = incoming;
      try {
        const decision = decide(purpose);
        if (typeof decision === 'string') return await refuse(incoming, decision);
        if (purpose.service === 'SSH') return await takeRaw(incoming, decision);
        return options.acceptWeb(track(await incoming.accept(), purpose), purpose);
      } catch (error) {
        return options.onFailed(purpose, error);
      }
    },
    cut,
    review: () => cut((purpose) => typeof decide(purpose) === 'string'),
  };
}
