/** The relay objects of the machines: one hybrid connection each, its path is the machine name. */
export interface RelayNamespace {
  /** Host of the namespace, for example `contoso.servicebus.windows.net`, with a port when it is not 443. */
  readonly host: string;
  /** Makes the hybrid connection and its listen rule; repeatable. */
  ensureConnection(path: string): Promise<void>;
  /** A SAS token to listen on this path alone (Azure Relay hybrid connections protocol). `lifetimeSeconds` at most 86,400. */
  listenToken(path: string, lifetimeSeconds: number): Promise<string>;
  /** Absent is success. */
  removeConnection(path: string): Promise<void>;
}
