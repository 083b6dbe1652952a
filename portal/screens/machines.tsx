import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { MachineListReply } from '../api/replies.ts';
import { FailureCard } from '../components/failure-card.tsx';
import { Icon } from '../components/icon.tsx';
import { MachineFilter } from '../components/machine-filter.tsx';
import { MachineTable } from '../components/machine-table.tsx';
import { NoMachines } from '../components/no-machines.tsx';
import { Pager } from '../components/pager.tsx';
import { SessionNote } from '../components/session-note.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { useConnect } from '../hooks/connect.ts';
import { useMachineList } from '../hooks/machine-list.ts';
import { useNow } from '../hooks/now.ts';
import { useScreenTitle } from '../hooks/title.ts';
import type { MachineQuestion } from '../model/machine-question.ts';
import { navigate } from '../navigation/history.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

function NoMatch() {
  return (
    <div class="empty">
      <h2>No machine matches</h2>
      <p>Nothing here has these words, this target and this state.</p>
      <Link to={addresses.machines()} class="button">
        Show all machines
      </Link>
    </div>
  );
}

const number = new Intl.NumberFormat('en');

/** `101–200 of 1,234 that match, 5,000 in all`. */
function extentOf({ value, before, matched, total }: MachineListReply): string {
  const [first, last] = [before + 1, before + value.length].map((at) => number.format(at));
  const isWhole = value.length === matched;
  const rows = isWhole ? `${number.format(matched)}` : `${first}–${last} of ${number.format(matched)}`;
  return matched === total ? `${rows} in all` : `${rows} that match, ${number.format(total)} in all`;
}

export function MachinesScreen({ question }: { question: MachineQuestion }) {
  const heading = useScreenTitle('Machines');
  const now = useNow();
  const { value: list, failure, reload, isBehind } = useMachineList(question);
  const connect = useConnect(reload);
  const rows = list?.value ?? [];
  const nameOf = (id: string) => rows.find((machine) => machine.id === id)?.name ?? 'the machine';
  const isLost = failure?.code === 'invalid_request' && question.page !== '';
  // The address of a page from before the question changed: the first page is there in any case.
  useEffect(() => {
    if (isLost) navigate(addresses.machines({ ...question, page: '' }), { replace: true });
  }, [isLost]);

  // What is typed changes no row: the same table is not gone through at each key.
  const table = useMemo(
    () => <MachineTable machines={rows} now={now} connect={connect} isBehind={isBehind} />,
    [list, now, connect.connection, isBehind],
  );
  const seenPage = useRef(question.page);
  // A page is gone to from its end: its reader, and whoever is read to, goes on at the beginning.
  useEffect(() => {
    if (seenPage.current !== question.page) heading.current?.focus();
    seenPage.current = question.page;
  }, [question.page]);

  return (
    <>
      <div class="title-row">
        <h1 ref={heading} tabIndex={-1}>
          Machines
        </h1>
        {list && list.total > 0 && (
          <Link to={addresses.add()} class="button">
            <Icon name="add" />
            Add a machine
          </Link>
        )}
      </div>
      <SessionNote connect={connect} now={now} nameOf={nameOf} retry={(id) => connect.connect({ id })} />
      {failure && list && <StaleNote failure={failure} retry={reload} />}
      {list && list.total > 0 && <MachineFilter question={question} list={list} />}
      {failure && !list && <FailureCard failure={failure} retry={reload} />}
      {!failure && !list && <Skeleton lines={4} label="Reading the machines" tall />}
      {list && (
        <p class="quiet extent" role="status">
          {list.total > 0 && !isBehind && extentOf(list)}
        </p>
      )}
      {rows.length > 0 && table}
      {list && rows.length > 0 && <Pager question={question} list={list} />}
      {list && rows.length === 0 && (list.total > 0 ? <NoMatch /> : <NoMachines />)}
    </>
  );
}
