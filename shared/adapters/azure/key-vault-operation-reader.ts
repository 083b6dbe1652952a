import type { CertificateClient } from '@azure/keyvault-certificates';
import { z } from 'zod';
import { orAbsent } from './key-vault-error.ts';

const operationShape = z.object({
  status: z.string(),
  issuer: z.object({ name: z.string() }),
  csr: z.base64().nullish(),
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  status_details: z.string().nullish(),
});

/** learn.microsoft.com/rest/api/keyvault/certificates/get-certificate-operation. */
export interface CertificateOperation {
  /** `inProgress`, `completed`, `cancelled` or `failed`. */
  status: string;
  issuerName: string;
  /** PKCS#10, DER; empty where the vault has none. */
  request: Uint8Array;
  /** What the vault, and the issuer through it, say of its state. */
  words: string;
}

function toOperation(text: string): CertificateOperation {
  const { status, issuer, csr, error, status_details: details } = operationShape.parse(JSON.parse(text));
  return {
    status,
    issuerName: issuer.name,
    request: Buffer.from(csr ?? '', 'base64'),
    words: (error ? [error.code, error.message] : [details]).filter(Boolean).join(': '),
  };
}

type OnResponse = NonNullable<Parameters<CertificateClient['getCertificateOperation']>[1]>['onResponse'];

/** Sees the operation in the answers to what the client asks, before the client makes something else of it. */
export interface OperationWatch {
  onResponse: NonNullable<OnResponse>;
  /** As it was answered last; undefined while it was not. */
  seen(): CertificateOperation | undefined;
}

export function watchOperation(): OperationWatch {
  let text: string | null | undefined;
  return {
    onResponse({ status, bodyAsText, request }) {
      if (status === 200 && new URL(request.url).pathname.endsWith('/pending')) text = bodyAsText;
    },
    seen: () => (text ? toOperation(text) : undefined),
  };
}

/**
 * The last operation on a certificate, whatever came of it. The client throws the bare message of one that failed,
 * which says nothing of its state and loses the code: the answer is read before the client does.
 */
export async function readOperation(
  client: CertificateClient,
  name: string,
): Promise<CertificateOperation | undefined> {
  const watch = watchOperation();
  try {
    await orAbsent(client.getCertificateOperation(name, { onResponse: watch.onResponse }));
  } catch (error) {
    if (!watch.seen()) throw error;
  }
  return watch.seen();
}
