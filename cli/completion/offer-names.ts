import type { CommandContext } from '../command.ts';
import { findMachineId } from '../find-machine.ts';
import { plain } from '../text/plain.ts';

/** A shell may read anything else as its own. */
const isHarmless = (name: string): boolean => /^[A-Za-z0-9][\w.-]*$/.test(name);

/** Nobody is asked to sign in for the sake of the Tab key. */
const isSignedIn = async ({ signIns }: CommandContext): Promise<boolean> =>
  (await signIns.tokenAtHand()) !== undefined;

/** Names of machines that begin with what is typed. */
export async function offerMachines(context: CommandContext, typed: string): Promise<string[]> {
  if (!(await isSignedIn(context))) return [];
  const nowMs = Date.now();
  const known = await context.names.read(nowMs);
  if (known) return known;
  const { value } = await context.api.listMachines({});
  const names = value.value.map(({ name }) => name).filter(isHarmless);
  if (value.next === null) {
    await context.names.write(names, nowMs);
    return names;
  }
  // Of very many those are asked for that can be meant.
  const found = await context.api.listMachines({ search: typed === '' ? undefined : typed });
  return found.value.value.map(({ name }) => name).filter(isHarmless);
}

/** Ids of live sessions, or of leases that are not over, with whose they are. */
export async function offerIds(
  context: CommandContext,
  kind: 'session id' | 'lease id',
  machine: string,
): Promise<(readonly [text: string, meaning: string])[]> {
  if (!(await isSignedIn(context))) return [];
  const { api } = context;
  const machineId = await findMachineId(api, machine);
  if (kind === 'session id') {
    const { value } = await api.listSessions(machineId, {});
    return value.value.map(({ sessionId, user, service }) => [sessionId, `${service}, ${plain(user.name)}`]);
  }
  const { value } = await api.listLeases(machineId);
  return value.value
    .filter(({ may }) => may.decide || may.extend || may.end)
    .map(({ id, requester, purpose, state }) => [id, plain(`${state}, ${requester.name}: ${purpose}`)]);
}
