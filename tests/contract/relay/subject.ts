import type { RelayRight } from '#local/kit/boundaries.ts';
import { sharedAccessSignature, startRelayTwin } from './twin.ts';

/** A hybrid connection that the documented behaviour is asked of. */
export interface Subject {
  host: string;
  path: string;
  /** A token with one right on a path of the namespace; by default on the path of this subject. */
  token(right: RelayRight, path?: string): string;
  close(): Promise<void>;
}

/**
 * The stand-in; or, never by default, the hybrid connection in Azure that RELAY_CONTRACT_HOST (without a scheme) and
 * RELAY_CONTRACT_PATH name. RELAY_CONTRACT_KEY_NAME and RELAY_CONTRACT_KEY are a rule of the namespace with the rights
 * Listen and Send. Nobody else may listen there meanwhile.
 */
export async function openSubject(env: NodeJS.ProcessEnv): Promise<Subject> {
  const { RELAY_CONTRACT_HOST: host, RELAY_CONTRACT_PATH: path } = env;
  const { RELAY_CONTRACT_KEY_NAME: rule, RELAY_CONTRACT_KEY: key } = env;
  if (host && path && rule && key)
    return {
      host,
      path,
      token(_, target = path) {
        const expires = Math.floor(Date.now() / 1000) + 3600;
        return sharedAccessSignature({ resource: `http://${host}/${target}`, expires, key, rule });
      },
      close: async () => {},
    };
  if (host || path || rule || key)
    throw new Error('A relay elsewhere takes RELAY_CONTRACT_HOST, _PATH, _KEY_NAME and _KEY, all four.');

  const twin = await startRelayTwin();
  twin.addPath('documented');
  return {
    host: twin.host,
    path: 'documented',
    token: (right, target = 'documented') => twin.sas({ path: target, right }),
    close: () => twin.close(),
  };
}
