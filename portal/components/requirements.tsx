import type { Precondition } from '../api/replies.ts';
import { Icon } from './icon.tsx';

/** How a requirement is shown, and what a screen reader is told of it. */
function outcomeOf({ met, severity }: Precondition) {
  if (met && severity === 'info') return { icon: 'neutral', tone: 'neutral', word: 'not known yet' } as const;
  if (met) return { icon: 'good', tone: 'good', word: 'met' } as const;
  if (severity === 'failure') return { icon: 'bad', tone: 'bad', word: 'not met' } as const;
  return { icon: 'warning', tone: 'warning', word: 'a warning' } as const;
}

/** Every rule with what was found and what is needed; all failures at once, warnings apart from them. */
export function Requirements({ preconditions }: { preconditions: readonly Precondition[] }) {
  return (
    <ul class="requirements">
      {preconditions.map((precondition) => {
        const { code, rule, met, found, needed, remedy } = precondition;
        const { icon, tone, word } = outcomeOf(precondition);
        return (
          <li key={code} class="requirement">
            <Icon name={icon} tone={tone} />
            <div>
              <p class="requirement-rule">
                {rule}
                <span class="visually-hidden">: {word}</span>
              </p>
              <p class="quiet">
                Found: {found}. Needed: {needed}.
              </p>
              {!met && (
                <p>
                  <strong>What to do:</strong> {remedy}
                </p>
              )}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
