import type { Container } from '@azure/cosmos';
import type { TokenCredential } from '@azure/identity';
import { AppError } from '#shared/domain/error.ts';
import { cosmosNames } from '#shared/protocol/resource-names.ts';

export interface CosmosOptions {
  endpoint: string;
  credential: TokenCredential;
}

/** A container of our database, opened at its first use. */
export function containerOf({ endpoint, credential }: CosmosOptions, name: string): () => Promise<Container> {
  let opened: Promise<Container> | undefined;
  return () =>
    (opened ??= import('@azure/cosmos').then(({ CosmosClient }) =>
      new CosmosClient({
        endpoint,
        aadCredentials: credential,
        connectionPolicy: { enableEndpointDiscovery: false },
      })
        .database(cosmosNames.database)
        .container(name),
    ));
}

/** The client retries throttling and lost connections by itself; what comes out of it is final for this request. */
export async function guarded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = error !== null && typeof error === 'object' && 'code' in error ? error.code : undefined;
    if (code === 401 || code === 403 || code === 404) {
      throw new AppError('configuration_incomplete', `the database refuses the app: ${String(code)}`, {
        cause: error,
      });
    }
    if (code === 400 || code === 413) throw error;
    throw new AppError('store_unavailable', 'the database does not answer', { cause: error });
  }
}
