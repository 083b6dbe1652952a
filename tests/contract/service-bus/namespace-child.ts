import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { host, rootKey, tls } from './start.ts';

export interface NamespaceChild {
  child: ChildProcess;
  admin: ServiceBusAdministrationClient;
  /** A client on a connection of its own, which waits this long for an answer and does not ask again. */
  connect(timeoutInMs: number): ServiceBusClient;
  memoryBytes(): Promise<number>;
  kill(): Promise<void>;
}

/** A namespace in a process of its own, on this file. */
export async function startNamespaceChild(file: string): Promise<NamespaceChild> {
  const child = fork(new URL('./namespace-process.ts', import.meta.url), { execArgv: [] });
  child.send({ file, tls, rootKey });
  const [port] = (await once(child, 'message')) as [number];
  const text = `Endpoint=sb://${host}:${port}/;SharedAccessKeyName=${rootKey.name};SharedAccessKey=${rootKey.key}`;
  return {
    child,
    admin: new ServiceBusAdministrationClient(text),
    connect: (timeoutInMs) => new ServiceBusClient(text, { retryOptions: { maxRetries: 0, timeoutInMs } }),
    async memoryBytes() {
      child.send('memory');
      const [bytes] = (await once(child, 'message')) as [number];
      return bytes;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
