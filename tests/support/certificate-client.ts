import { type OperationReply, operationReply } from '#shared/protocol/api.ts';
import { type CertificateReply, certificateReply } from '#shared/protocol/certificate-api.ts';

/** The routes of one machine's certificate as a signed-in person uses them. */
export function createCertificateClient(baseUrl: string, machineId: string, token: () => Promise<string>) {
  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await token()}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${text}`);
    return JSON.parse(text);
  }
  const path = `/api/machines/${machineId}/certificate`;
  return {
    read: async (): Promise<CertificateReply> => certificateReply.parse(await call('GET', path)),
    renew: async (): Promise<OperationReply> =>
      operationReply.parse(await call('POST', `${path}/renewals`, {})),
    operation: async (id: string): Promise<OperationReply> =>
      operationReply.parse(await call('GET', `/api/operations/${id}`)),
  };
}

export type CertificateClient = ReturnType<typeof createCertificateClient>;
