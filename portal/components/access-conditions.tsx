import type { ComponentChildren } from 'preact';
import type { ExplainedService } from '../api/replies.ts';
import { conditionNames, serviceVerdict } from '../model/access-words.ts';
import { asSentence } from '../model/words.ts';
import { Icon } from './icon.tsx';
import { Mend } from './mend.tsx';

interface AccessConditionsProps {
  explained: ExplainedService;
  /** Whom it is about, where that is not the reader. */
  subject?: string | undefined;
  children?: ComponentChildren;
}

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
          <span class={`requirement-word tone-${icon}`}>{met ? 'met' : 'missing'}</span>
        </p>
        <p class="quiet">
          {asSentence(detail)} {!met && code && <code>{code}</code>}
        </p>
        {!met && mend && <Mend mend={mend} />}
      </div>
    </li>
  );
}

/** The answer, then each condition in the order in which a connect asks for it. */
export function AccessConditions({ explained, subject, children }: AccessConditionsProps) {
  const tone = explained.open ? 'good' : 'warning';
  return (
    <>
      <p class="verdict-sentence">
        <Icon name={tone} tone={tone} />
        {serviceVerdict(explained, subject)}
      </p>
      {children}
      <ol class="requirements" aria-label="Conditions of a connect">
        {explained.conditions.map((condition) => (
          <ConditionLine key={condition.condition} condition={condition} />
        ))}
      </ol>
    </>
  );
}
