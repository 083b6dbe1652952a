import type { ExplainedService } from '../api/replies.ts';
import { conditionNames } from '../model/access-words.ts';
import { asSentence } from '../model/words.ts';
import { Icon } from './icon.tsx';
import { Mend } from './mend.tsx';
import { Words } from './words.tsx';

type Condition = ExplainedService['conditions'][number];

function ConditionLine({ condition }: { condition: Condition }) {
  const { met, detail, code, mend } = condition;
  const icon = met ? 'good' : 'bad';
  return (
    <li class="requirement">
      <Icon name={icon} tone={icon} />
      <div class="condition">
        <p>
          <span class="requirement-rule">{conditionNames[condition.condition]}</span>{' '}
          <span class={`requirement-word tone-${icon}`}>{met ? 'met' : 'not met'}</span>
          <span class="second">
            <Words text={asSentence(detail)} /> {!met && code && <code>{code}</code>}
          </span>
        </p>
        {!met && mend && <Mend mend={mend} />}
      </div>
    </li>
  );
}

/** Each condition, in the order in which a connect asks for it. */
export function AccessConditions({ explained }: { explained: ExplainedService }) {
  return (
    <ol class="requirements conditions" aria-label="Conditions of a connect">
      {explained.conditions.map((condition) => (
        <ConditionLine key={condition.condition} condition={condition} />
      ))}
    </ol>
  );
}
