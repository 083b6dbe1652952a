import { useCallback, useRef } from 'preact/hooks';
import type { MachineListReply } from '../api/replies.ts';
import type { MachineQuestion } from '../model/machine-question.ts';
import { usePortal } from './portal.ts';
import { type Remote, useRemote } from './remote.ts';
import { useLast, useSettled } from './settled.ts';

/** Milliseconds between two looks at the fleet. */
const everyMs = 10_000;
const typingMs = 150;

export interface MachineListView extends Remote<MachineListReply> {
  /** What is shown answers an earlier question. */
  isBehind: boolean;
}

/** The page of machines that is asked for. The last one stays in sight until the next one is there. */
export function useMachineList({ search, state, kind, page }: MachineQuestion): MachineListView {
  const { api } = usePortal();
  // On entry and after one's own changes nothing is good enough that the service remembers.
  const isCurrent = useRef(true);
  const settled = useSettled(search, typingMs);
  const question = { search: settled, state, kind, page };
  const remote = useRemote(
    JSON.stringify(question),
    async (signal) => {
      const list = await api.list(question, { signal, isCurrent: isCurrent.current });
      isCurrent.current = false;
      return list;
    },
    () => everyMs,
  );
  const reload = useCallback(() => {
    isCurrent.current = true;
    remote.reload();
  }, [remote.reload]);
  const value = useLast(remote.value);
  return { ...remote, value, reload, isBehind: search !== settled || (!remote.value && !remote.failure) };
}
