import type { Precondition } from '../api/replies.ts';
import { type Outcome, outcomeOf, outcomes, requirementsSentence } from '../model/requirements.ts';
import { asSentence } from '../model/words.ts';
import { Icon } from './icon.tsx';

function Requirement({ precondition, outcome }: { precondition: Precondition; outcome: Outcome }) {
  const { rule, found, needed, remedy } = precondition;
  const { icon, word } = outcomes[outcome];
  const isToMend = outcome === 'failed' || outcome === 'warned';
  return (
    <li class={`requirement ${outcome}`}>
      <Icon name={icon} tone={icon} />
      <div>
        <p class="requirement-rule">
          {rule}
          <span class="visually-hidden">:</span> <span class={`requirement-word tone-${icon}`}>{word}</span>
        </p>
        <p class="quiet">
          Found: {found}. Needed: {needed}.
        </p>
        {isToMend && (
          <p>
            <strong>What to do:</strong> {asSentence(remedy)}
          </p>
        )}
      </div>
    </li>
  );
}

interface RequirementsProps {
  preconditions: readonly Precondition[];
  /** Something else is asked for now, and the answer is on its way. */
  isStale: boolean;
}

/** Every rule with what was found and what is needed; all failures at once, warnings apart from them. */
export function Requirements({ preconditions, isStale }: RequirementsProps) {
  return (
    <>
      <p role="status">
        {isStale
          ? 'Checking again. What stands below was found before.'
          : requirementsSentence(preconditions)}
      </p>
      <ul class="requirements">
        {preconditions.map((precondition) => (
          <Requirement
            key={precondition.code}
            precondition={precondition}
            outcome={outcomeOf(precondition)}
          />
        ))}
      </ul>
    </>
  );
}
