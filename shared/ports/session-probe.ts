/** Tries a session name as a browser would, to the end of the TLS handshake. */
export interface SessionProbe {
  /**
   * Resolves the name, connects to the proxy and shakes hands; answers SHA-256 of the leaf (lower-case hex).
   * The certificate must chain to a trusted root. Fails with the hop that failed: `name_not_resolved`,
   * `proxy_unreachable`, `proxy_refused`, `agent_offline`, `leaf_mismatch` (untrusted or foreign leaf).
   */
  tryHandshake(hostName: string, port: number, timeoutMs: number): Promise<{ thumbprint: string }>;
}
