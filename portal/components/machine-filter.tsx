import { useEffect, useRef } from 'preact/hooks';
import type { MachineListReply } from '../api/replies.ts';
import { longestSearch, type MachineQuestion } from '../model/machine-question.ts';
import { type MachineState, machineStates } from '../model/machine-state.ts';
import { machineKinds } from '../model/resource.ts';
import { navigate } from '../navigation/history.ts';
import { addresses } from '../navigation/routes.ts';

const states = Object.keys(machineStates) as MachineState[];
const number = new Intl.NumberFormat('en');

interface ChipProps {
  word: string;
  count: number;
  isPressed: boolean;
  press(): void;
}

function Chip({ word, count, isPressed, press }: ChipProps) {
  const chip = useRef<HTMLButtonElement>(null);
  // On a narrow page the chips are one row, and the one that counts may be out of sight.
  useEffect(() => {
    if (isPressed) chip.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [isPressed]);
  return (
    <button ref={chip} type="button" class="chip" aria-pressed={isPressed} onClick={press}>
      {word} <span class="chip-count">{number.format(count)}</span>
    </button>
  );
}

/** Search, kind and state. They are in the address, so that a list is found again; another question begins at its first page. */
export function MachineFilter({
  question,
  list,
}: {
  question: MachineQuestion;
  list: MachineListReply | undefined;
}) {
  const change = (part: Partial<MachineQuestion>) =>
    navigate(addresses.machines({ ...question, page: '', ...part }), { replace: true });
  const shown = list ? states.filter((state) => list.counts[state] > 0 || state === question.state) : [];
  return (
    <search class="filter">
      <div class="filter-fields">
        <label class="visually-hidden" for="search">
          Search by name, resource or system
        </label>
        <input
          id="search"
          type="search"
          class="input"
          placeholder="Search by name, resource or system"
          maxLength={longestSearch}
          value={question.search}
          onInput={(event) => change({ search: event.currentTarget.value })}
        />
        <label class="visually-hidden" for="kind">
          Target
        </label>
        <select
          id="kind"
          class="input"
          value={question.kind}
          onChange={(event) => change({ kind: event.currentTarget.value })}
        >
          <option value="">All targets</option>
          {machineKinds.map(([kind, name]) => (
            <option key={kind} value={kind}>
              {name}
            </option>
          ))}
        </select>
      </div>
      {list && (
        <div class="chips" role="group" aria-label="State">
          <Chip
            word="All"
            count={list.total}
            isPressed={question.state === ''}
            press={() => change({ state: '' })}
          />
          {shown.map((state) => (
            <Chip
              key={state}
              word={machineStates[state].word}
              count={list.counts[state]}
              isPressed={state === question.state}
              press={() => change({ state: state === question.state ? '' : state })}
            />
          ))}
        </div>
      )}
    </search>
  );
}
