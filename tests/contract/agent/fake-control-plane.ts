import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, errorTable, toAppError } from '#shared/domain/error.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import {
  type AgentState,
  type AgentTokens,
  type CertificateRequestBody,
  certificateRequestBody,
  type EnrolmentRequest,
  enrolmentRequest,
} from '#shared/protocol/agent-messages.ts';
import { verifyAgentCall } from '#shared/protocol/agent-token.ts';
import { sealCertificate } from '#shared/protocol/sealed-certificate.ts';

export interface FakeControlPlaneOptions {
  token: string;
  /** Whether an access token of a machine's own identity is good for this resource; none is where it is absent. */
  isIdentityOf?(identityToken: string, resourceId: string): Promise<boolean>;
  state(machineId: string): AgentState;
  tokens(): AgentTokens;
  /** An agent that enrolled before a restart. */
  enrolled?: EnrolmentRequest | undefined;
  /** What is on record: with a key it is sealed to whichever agent asks, without one the chain is given. */
  certificate(): { thumbprint: string; privateKeyPem?: string; chainPem: string };
  /** A certificate request that came; throws to refuse it. */
  onRequest(body: CertificateRequestBody): Promise<void>;
}

/** Answers /api/agent/* as the control plane does and refuses every call that is not signed by the enrolled key. */
export async function startFakeControlPlane(options: FakeControlPlaneOptions, port = 0) {
  const calls: string[] = [];
  let { enrolled, token } = options;
  /** Answers to give instead, the next first. */
  const failures: { status: number; headers?: Record<string, string> }[] = [];

  async function answer(method: string, url: string, bearer: string, body: Uint8Array) {
    const path = new URL(url).pathname;
    calls.push(`${method} ${path}`);
    const now = Math.floor(Date.now() / 1000);
    const call = { method, url, body };
    if (path === '/api/agent/enrolment') {
      const request = enrolmentRequest.parse(JSON.parse(Buffer.from(body).toString()));
      const isTrusted =
        request.identityToken === undefined
          ? request.token === token
          : ((await options.isIdentityOf?.(request.identityToken, request.resourceId)) ?? false);
      if (!isTrusted) throw new AppError('enrolment_refused', 'not this token');
      await verifyAgentCall(request.signingKey, machineIdOf(request.resourceId), bearer, call, now);
      enrolled = request;
      return { machineId: machineIdOf(request.resourceId) };
    }
    if (!enrolled) throw new AppError('agent_token_invalid', 'no such agent');
    const machineId = machineIdOf(enrolled.resourceId);
    await verifyAgentCall(enrolled.signingKey, machineId, bearer, call, now);
    if (path === '/api/agent/state') return options.state(machineId);
    if (path === '/api/agent/tokens') return options.tokens();
    if (path === '/api/agent/certificate-request') {
      await options.onRequest(certificateRequestBody.parse(JSON.parse(Buffer.from(body).toString())));
      return undefined;
    }
    const { thumbprint, privateKeyPem, chainPem } = options.certificate();
    if (privateKeyPem === undefined) return { thumbprint, chainPem };
    const content = { privateKeyPem, chainPem };
    return { thumbprint, sealed: await sealCertificate(enrolled.encryptionKey, content) };
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const failure = failures.shift();
    if (failure) return void response.writeHead(failure.status, failure.headers).end();
    const url = `http://${request.headers.host}${request.url}`;
    const bearer = request.headers.authorization?.replace('Bearer ', '') ?? '';
    try {
      const reply = await answer(request.method ?? '', url, bearer, Buffer.concat(chunks));
      if (!reply) return void response.writeHead(204).end();
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
    } catch (thrown) {
      const error = toAppError(thrown);
      response.writeHead(errorTable[error.code].status, { 'content-type': 'application/problem+json' });
      return void response.end(JSON.stringify({ code: error.code, detail: error.message }));
    }
  }

  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    failures,
    enrolled: () => enrolled,
    forget: () => {
      enrolled = undefined;
    },
    /** From now on this token alone is good. */
    expect(next: string) {
      token = next;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
