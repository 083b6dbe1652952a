import { type MachineState, machineStates } from '../model/machine-state.ts';
import { Icon } from './icon.tsx';

export function StateBadge({ state }: { state: MachineState }) {
  const { word, tone } = machineStates[state];
  return (
    <span class={`badge tone-${tone}`}>
      <Icon name={tone} />
      {word}
    </span>
  );
}
