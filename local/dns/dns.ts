import type { Buffer } from 'node:buffer';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DnsZones } from '#local/kit/boundaries.ts';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults, type Fault } from '#local/kit/faults.ts';
import type { StandIn, StandInOptions } from '#local/kit/stand-in.ts';
import { lieAbout, rcodeOfStatus } from './faulted-answer.ts';
import { encodeReply, errorResolution, parseQuery, type Query, udpLimit } from './message.ts';
import { createPropagation } from './propagation.ts';
import { createQuestionLog } from './question-log.ts';
import { codeName, type Resolution, rcodes, resolve } from './resolution.ts';
import { frame, readFrames } from './tcp-framing.ts';

const loopback = '127.0.0.1';
const longestTcpMessage = 0xffff;
const maxConnections = 256;
/** A free TCP port may be taken for UDP; then another is tried. */
const bindAttempts = 10;
/** Calls and faults are named by question type; any other type that is asked for counts under its own name. */
const operations = ['A', 'AAAA', 'CNAME', 'TXT', 'NS', 'SOA', 'CAA', 'ANY', 'malformed'] as const;
const ordinaryCodes: readonly number[] = [rcodes.noError, rcodes.nameError];

export interface DnsOptions extends StandInOptions {
  zones: DnsZones;
}

function listenTcp(port: number): Promise<Server> {
  const server = createServer();
  server.maxConnections = maxConnections;
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, loopback, () => done(server));
  });
}

function bindUdp(port: number): Promise<UdpSocket> {
  const socket = createSocket('udp4');
  return new Promise((done, fail) => {
    socket.once('error', fail);
    socket.bind(port, loopback, () => done(socket));
  });
}

async function bindBoth(port: number): Promise<{ tcp: Server; udp: UdpSocket; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const tcp = await listenTcp(port);
    const chosen = (tcp.address() as AddressInfo).port;
    try {
      return { tcp, udp: await bindUdp(chosen), port: chosen };
    } catch (error) {
      tcp.close();
      if (port !== 0 || attempt === bindAttempts) throw error;
    }
  }
}

/**
 * An authoritative DNS server over UDP and TCP on one port of loopback. It keeps no records and no state: every
 * question is answered from `zones` as they are at that moment. Calls and faults are named by question type
 * (`TXT`, `A`), and `malformed` where no question could be read. A fault's status answers SERVFAIL (403 REFUSED,
 * 404 NXDOMAIN), its `answer` lies, its `staleMs` is a propagation delay.
 */
export async function createDns({ port, zones, clock }: DnsOptions): Promise<StandIn> {
  const calls = createCalls();
  const faults = createFaults();
  const questions = createQuestionLog();
  const propagation = createPropagation(zones, clock);
  const bound = await bindBoth(port);
  const connections = new Set<Socket>();

  const resolutionOf = ({ rcode, question }: Query, fault: Fault | undefined): Resolution => {
    if (fault?.status) return errorResolution(rcodeOfStatus(fault.status));
    if (rcode !== undefined || !question) return errorResolution(rcode ?? rcodes.formatError);
    if (fault?.answer) return lieAbout(question, fault.answer);
    return resolve(propagation.asOf(fault?.staleMs ?? 0), question);
  };

  const answer = async (bytes: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> => {
    const query = parseQuery(bytes);
    if (!query) return undefined;
    const operation = query.question?.type ?? 'malformed';
    calls.add(operation);
    const fault = faults.take(operation);
    if (fault?.delayMs) await sleep(fault.delayMs);
    if (fault?.drop) return undefined;
    const limit = transport === 'udp' ? udpLimit(query) : longestTcpMessage;
    const respond = (resolution: Resolution): Buffer => {
      const bytes = encodeReply(query, resolution, limit);
      if (!ordinaryCodes.includes(resolution.rcode)) {
        calls.failed(operation, `${codeName(resolution.rcode)} ${query.question?.name ?? ''}`.trimEnd());
      }
      questions.add({
        question: query.question,
        rcode: resolution.rcode,
        answers: resolution.answers.length,
      });
      return bytes;
    };
    try {
      return respond(resolutionOf(query, fault));
    } catch (error) {
      // A record set that cannot be encoded is the zone's fault, not the asker's.
      console.error(error);
      return respond(errorResolution(rcodes.serverFailure));
    }
  };

  bound.udp.on('error', (error) => console.error(error));
  bound.udp.on('message', (bytes, peer) => {
    void answer(bytes, 'udp').then((reply) => {
      // The socket may have been closed while a delayed answer waited.
      if (reply && !closed) bound.udp.send(reply, peer.port, peer.address);
    });
  });
  bound.tcp.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    readFrames(socket, (bytes) => {
      void answer(bytes, 'tcp').then((reply) => {
        if (!reply) socket.destroy();
        // A peer that asks and does not read is not read from either.
        else if (!socket.write(frame(reply))) socket.pause();
      });
    });
    socket.on('drain', () => socket.resume());
  });

  let closed = false;
  return {
    name: 'dns',
    port: bound.port,
    calls,
    faults,
    operations,
    faultKinds: ['status', 'delayMs', 'drop', 'answer', 'staleMs'],
    inspect: () => [questions.inspect()],
    async close() {
      if (closed) return;
      closed = true;
      for (const socket of connections) socket.destroy();
      await new Promise<void>((done) => bound.udp.close(() => done()));
      await new Promise<void>((done) => bound.tcp.close(() => done()));
    },
  };
}
