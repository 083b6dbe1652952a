import type { ApiClient } from '#local/main-job/api-client.ts';
import type { StartedMachine } from '#local/run/processes.ts';
import type { OperationReply } from '#shared/protocol/api.ts';

/** Installs and waits for the end; throws with the error of the operation. Answers every state that was seen. */
export async function installOn(
  client: ApiClient,
  machine: StartedMachine,
  onChange: (operation: OperationReply) => void = () => {},
): Promise<{ machineId: string; operation: OperationReply }> {
  const { id: machineId } = await client.addMachine(machine.resourceId);
  const operation = await client.follow(await client.install(machineId, machine.port), onChange);
  if (operation.error) throw new Error(`${operation.error.code}: ${operation.error.detail}`);
  return { machineId, operation };
}
