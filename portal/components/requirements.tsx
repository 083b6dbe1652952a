import type { Precondition } from '../api/replies.ts';
import { Icon } from './icon.tsx';

/** Every rule with what was found and what is needed; all failures at once. */
export function Requirements({ preconditions }: { preconditions: readonly Precondition[] }) {
  return (
    <ul class="requirements">
      {preconditions.map(({ code, rule, met, found, needed, remedy }) => (
        <li key={code} class="requirement">
          <Icon name={met ? 'good' : 'bad'} tone={met ? 'good' : 'bad'} />
          <div>
            <p class="requirement-rule">
              {rule}
              <span class="visually-hidden">{met ? ': met' : ': not met'}</span>
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
      ))}
    </ul>
  );
}
