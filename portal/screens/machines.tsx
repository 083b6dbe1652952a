import { FailureCard } from '../components/failure-card.tsx';
import { Icon } from '../components/icon.tsx';
import { MachineTable } from '../components/machine-table.tsx';
import { SessionNote } from '../components/session-note.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { useConnect } from '../hooks/connect.ts';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { type MachineFilter, machineStates, pickMachines } from '../model/machine-state.ts';
import { navigate } from '../navigation/history.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** Milliseconds between two looks at the fleet. */
const everyMs = 10_000;

function Filter({ filter }: { filter: MachineFilter }) {
  const change = (part: Partial<MachineFilter>) =>
    navigate(addresses.machines({ ...filter, ...part }), { replace: true });
  return (
    <search class="filter">
      <label class="visually-hidden" for="search">
        Search by name, resource or system
      </label>
      <input
        id="search"
        type="search"
        class="input"
        placeholder="Search by name, resource or system"
        value={filter.search}
        onInput={(event) => change({ search: event.currentTarget.value })}
      />
      <label class="visually-hidden" for="state">
        State
      </label>
      <select
        id="state"
        class="input"
        value={filter.state}
        onChange={(event) => change({ state: event.currentTarget.value })}
      >
        <option value="">All states</option>
        {Object.entries(machineStates).map(([state, { word }]) => (
          <option key={state} value={state}>
            {word}
          </option>
        ))}
      </select>
    </search>
  );
}

function Empty({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <div class="empty">
      <h2>No machine matches</h2>
      <p>Nothing here has these words and this state.</p>
      <Link to={addresses.machines()} class="button">
        Show all machines
      </Link>
    </div>
  ) : (
    <div class="empty">
      <h2>No machines yet</h2>
      <p>
        Add the first one by its Azure resource id. You then install Windows Admin Center on it, and connect.
      </p>
      <Link to={addresses.add()} class="button primary">
        <Icon name="add" />
        Add a machine
      </Link>
    </div>
  );
}

export function MachinesScreen({ filter }: { filter: MachineFilter }) {
  const { api } = usePortal();
  const heading = useScreenTitle('Machines');
  const now = useNow();
  const machines = useRemote('machines', api.list, () => everyMs);
  const connect = useConnect(machines.reload);
  const { value, failure, reload } = machines;
  const shown = value && pickMachines(value, filter, now);
  const nameOf = (id: string) => value?.find((machine) => machine.id === id)?.name ?? 'the machine';
  const retry = (id: string) => {
    const machine = value?.find((one) => one.id === id);
    if (machine) connect.connect(machine);
  };

  return (
    <>
      <div class="title-row">
        <h1 ref={heading} tabIndex={-1}>
          Machines
        </h1>
        {value && value.length > 0 && (
          <Link to={addresses.add()} class="button">
            <Icon name="add" />
            Add a machine
          </Link>
        )}
      </div>
      <SessionNote connect={connect} now={now} nameOf={nameOf} retry={retry} />
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {(!value || value.length > 0) && !(failure && !value) && (
        <div class="filter-row">
          <Filter filter={filter} />
          <p class="quiet" role="status">
            {shown &&
              value &&
              (shown.length === value.length
                ? `${value.length} in all`
                : `${shown.length} of ${value.length}`)}
          </p>
        </div>
      )}
      {failure && !value && <FailureCard failure={failure} retry={reload} />}
      {!failure && !value && <Skeleton lines={4} label="Reading the machines" tall />}
      {shown && shown.length > 0 && <MachineTable machines={shown} now={now} connect={connect} />}
      {shown?.length === 0 && <Empty isFiltered={value?.length !== 0} />}
    </>
  );
}
