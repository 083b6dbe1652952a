import type { MachineListReply } from '#shared/protocol/machine-list-api.ts';
import type { Api, MachineQuestion } from './api.ts';
import type { Reply } from './http-client.ts';

/** Every page of the list as it comes. */
export async function* machinePages(
  api: Api,
  question: Omit<MachineQuestion, 'skipToken'>,
): AsyncGenerator<Reply<MachineListReply>> {
  let skipToken: string | undefined;
  do {
    const page = await api.listMachines({ ...question, skipToken });
    yield page;
    skipToken = page.value.next ?? undefined;
  } while (skipToken !== undefined);
}
