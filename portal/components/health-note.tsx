import type { MachineReply } from '../api/replies.ts';
import { healthStates } from '../model/machine-health.ts';
import { Icon } from './icon.tsx';

/** What is amiss with a machine as its agent says, each with what to do; nothing where all is well or nobody ever said. */
export function HealthNote({ health: { state, reasons } }: Pick<MachineReply, 'health'>) {
  if (state !== 'degraded' && state !== 'unreachable') return null;
  const { word, tone } = healthStates[state];
  return (
    <section class="card health" aria-labelledby="health-note">
      <h2 id="health-note">
        <Icon name={tone} tone={tone} />
        {word}
      </h2>
      <ul>
        {reasons.map(({ code, sentence, remedy }) => (
          <li key={`${code} ${sentence}`}>
            {sentence} <span class="second">{remedy}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
