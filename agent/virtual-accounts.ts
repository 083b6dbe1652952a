import { join } from 'node:path';
import { z } from 'zod';
import { createBackOff, pause } from './back-off.ts';
import { readIfPresent, writeDurably } from './durable-file.ts';
import { type HookInput, isHookUnused, type RunHook } from './identity-hook.ts';
import type { Visitor } from './service-identity.ts';

const accountRecord = z.object({
  user: z.string(),
  userId: z.string().optional(),
  /** What the hook answered. */
  account: z.string().optional(),
  state: z.enum(['creating', 'ready', 'removing']),
});
type AccountRecord = z.infer<typeof accountRecord>;
const accountFile = z.record(z.string(), accountRecord);

export interface VirtualAccountsOptions {
  dataDirectory: string;
  /** ARM id of this machine. */
  machine: string;
  /** undefined where no hook is configured: what an earlier one left behind stays on record. */
  runHook: RunHook | undefined;
  onMade(sessionId: string): void;
  onRemoved(sessionId: string): void;
  /** One sentence; `isNews` at the first failure of a removal, which is tried again. */
  onFailure(sessionId: string, action: HookInput['action'], reason: string, isNews: boolean): void;
}

/** The accounts of those who are on this machine, one for each session, made and removed by the hook (79, 80). */
export interface VirtualAccounts {
  /** The account of the session, made first where there is none. Rejects when the hook fails. */
  ensure(visitor: Visitor): Promise<string | undefined>;
  /** What `ensure` answered, without asking; null when it has to be asked. */
  known(sessionId: string): { account?: string | undefined } | null;
  /** The session has ended: its account is removed, as often as it takes. */
  release(sessionId: string): void;
  /** Resolves when everything that was released is gone, or the signal aborts. */
  settled(signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * What is about to be made is on the disk before the hook runs, so that a crash leaves nothing behind: whatever is on
 * record at the start and not of an open session is removed. The hook runs once at a time.
 */
export async function openVirtualAccounts(
  options: VirtualAccountsOptions,
  isOpen: (sessionId: string) => boolean,
): Promise<VirtualAccounts> {
  const { machine, runHook } = options;
  const file = join(options.dataDirectory, 'virtual-accounts.json');
  const records = await readRecords(file, (reason) => options.onFailure('', 'remove', reason, true));
  const closed = new AbortController();
  const making = new Map<string, Promise<string | undefined>>();
  const removing = new Map<string, Promise<void>>();
  let queue: Promise<unknown> = Promise.resolve();

  const save = () => writeDurably(file, JSON.stringify(Object.fromEntries(records)));

  /** One after the other, whatever became of the one before. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  }

  function inputFor(action: HookInput['action'], sessionId: string, record: AccountRecord): HookInput {
    const { user, userId, account } = record;
    const others = [...records].filter(
      ([id, other]) =>
        id !== sessionId && other.state !== 'removing' && other.user.toLowerCase() === user.toLowerCase(),
    );
    return {
      action,
      user,
      objectId: userId ?? null,
      sessionId,
      machine,
      group: 'administrators',
      otherSessions: others.length,
      account: account ?? null,
    };
  }

  async function make(run: RunHook, { sessionId, user, userId }: Visitor): Promise<string | undefined> {
    const record: AccountRecord = { user, ...(userId !== undefined && { userId }), state: 'creating' };
    records.set(sessionId, record);
    try {
      await save();
      const { account } = await run(inputFor('create', sessionId, record));
      Object.assign(record, { state: 'ready', ...(account !== undefined && { account }) });
      await save();
      options.onMade(sessionId);
      return account;
    } catch (error) {
      options.onFailure(sessionId, 'create', reasonOf(error), true);
      if (!isHookUnused(error)) release(sessionId);
      else records.delete(sessionId);
      throw error;
    }
  }

  /** False when it has to be tried again. */
  async function removeOnce(run: RunHook, sessionId: string, isFirst: boolean): Promise<boolean> {
    const record = records.get(sessionId);
    if (!record) return true;
    record.state = 'removing';
    try {
      await run(inputFor('remove', sessionId, record));
      records.delete(sessionId);
      await save();
      options.onRemoved(sessionId);
      return true;
    } catch (error) {
      options.onFailure(sessionId, 'remove', reasonOf(error), isFirst);
      return false;
    }
  }

  async function remove(run: RunHook, sessionId: string): Promise<void> {
    const backOff = createBackOff();
    for (let isFirst = true; !closed.signal.aborted; isFirst = false) {
      if (await inTurn(() => removeOnce(run, sessionId, isFirst))) return;
      await pause(backOff.nextMs(), closed.signal);
    }
  }

  function release(sessionId: string): void {
    if (!runHook || !records.has(sessionId) || removing.has(sessionId)) return;
    const ending = remove(runHook, sessionId).finally(() => removing.delete(sessionId));
    removing.set(sessionId, ending);
  }

  for (const [sessionId, { state }] of records)
    if (state !== 'ready' || !isOpen(sessionId)) release(sessionId);

  return {
    async ensure(visitor) {
      if (!runHook) return undefined;
      const { sessionId } = visitor;
      const record = records.get(sessionId);
      if (removing.has(sessionId)) throw new Error('the account of the session is being removed');
      if (record?.state === 'ready') return record.account;
      const made = making.get(sessionId) ?? inTurn(() => make(runHook, visitor));
      making.set(sessionId, made);
      return made.finally(() => making.delete(sessionId));
    },
    known(sessionId) {
      if (!runHook) return {};
      const record = records.get(sessionId);
      return record?.state === 'ready' && !removing.has(sessionId) ? { account: record.account } : null;
    },
    release,
    async settled(signal) {
      const over = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      );
      await Promise.race([Promise.all(removing.values()), over]);
    },
    close: () => closed.abort(),
  };
}

/** Who is on a damaged record is not known any more: an account may be left, and the owner has to be told. */
async function readRecords(
  file: string,
  onDamage: (reason: string) => void,
): Promise<Map<string, AccountRecord>> {
  const text = (await readIfPresent(file)) ?? '{}';
  try {
    return new Map(Object.entries(accountFile.parse(JSON.parse(text))));
  } catch {
    onDamage('virtual-accounts.json is damaged: accounts of former visitors may be left');
    return new Map();
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
