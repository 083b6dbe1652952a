import type { AgentState } from '#shared/protocol/agent-messages.ts';
import type { CertificateKeys } from './certificate-keys.ts';
import type { CertificateStore } from './certificate-store.ts';
import type { ControlPlane } from './control-plane.ts';
import { baseName, namesOf } from './host-names.ts';
import { tryServing } from './serving-check.ts';

export interface CertificateDeliveryOptions {
  store: CertificateStore;
  keys: CertificateKeys;
  controlPlane: Pick<ControlPlane, 'fetchCertificate' | 'sendCertificateRequest'>;
  /** A new leaf was given to a client in a handshake. */
  onServed(thumbprint: string): void;
  /** The control plane has the request. */
  onRequested(id: string): void;
}

/** Brings the machine's certificates to what desired state says. Calls must not overlap. */
export interface CertificateDelivery {
  /**
   * Serves the certificate of the machine's own name, answers an open request, and forgets names that are in use no
   * more. Safe to repeat; throws the first failure when all three were tried.
   */
  apply(state: AgentState): Promise<void>;
  /** Of the leaf under this name that a handshake was made with. */
  servingThumbprint(machineName: string): string | undefined;
}

export function createCertificateDelivery(options: CertificateDeliveryOptions): CertificateDelivery {
  const { store, keys, controlPlane } = options;
  /** By machine name. */
  const served = new Map<string, string>();
  let sentRequest: string | undefined;

  /** Counts as served what a client was given, be it the newest or the one before it. */
  async function prove(state: AgentState): Promise<void> {
    const held = store.thumbprint(state.machineName);
    if (held === undefined || held === served.get(state.machineName)) return;
    const thumbprint = await tryServing(baseName(state), store.contextFor);
    served.set(state.machineName, thumbprint);
    options.onServed(thumbprint);
  }

  async function serve(state: AgentState): Promise<void> {
    const { certificate, machineName } = state;
    await prove(state);
    if (!certificate) return;
    const isNew = certificate.thumbprint !== store.thumbprint(machineName);
    if (isNew) await store.install(await controlPlane.fetchCertificate(), certificate, state);
    await prove(state);
    const leaf = certificate.custody === 'machine' ? store.leaf(machineName) : undefined;
    // A key that an order still waits for is newer than what is served, or named in the state.
    if (leaf) await keys.forgetOlderThan(leaf);
    else if (isNew) await keys.forgetAllBut(state.certificateRequest?.id);
  }

  async function answerRequest({ certificateRequest: wanted }: AgentState): Promise<void> {
    if (!wanted) return;
    const request = await keys.requestFor(wanted);
    await controlPlane.sendCertificateRequest({ id: wanted.id, request });
    if (wanted.id !== sentRequest) options.onRequested(wanted.id);
    sentRequest = wanted.id;
  }

  async function forgetNames(state: AgentState): Promise<void> {
    const names = namesOf(state);
    const isKept = (name: string) => names.some(({ machineName }) => machineName === name);
    for (const name of served.keys()) if (!isKept(name)) served.delete(name);
    await store.keepOnly(names);
  }

  return {
    async apply(state) {
      // Each is tried though the one before it failed: an order waits for the request.
      const steps = [serve, answerRequest, forgetNames];
      const failures: unknown[] = [];
      for (const step of steps) await step(state).catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
    servingThumbprint: (machineName) => served.get(machineName),
  };
}
