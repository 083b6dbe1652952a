import type { HostCheck } from '../api/replies.ts';
import { checkOutcome, checkTitles } from '../model/host-checks.ts';
import { asSentence } from '../model/words.ts';
import { Icon } from './icon.tsx';

/** What the agent found on its machine, in the documented order, with what to do next. */
export function HostChecks({ checks }: { checks: readonly HostCheck[] }) {
  return (
    <ol class="requirements">
      {checks.map((check) => {
        const { icon, word } = checkOutcome(check);
        return (
          <li key={check.id} class="requirement">
            <Icon name={icon} tone={icon} />
            <div>
              <p class="requirement-rule">
                {checkTitles[check.id]}
                <span class="visually-hidden">:</span>{' '}
                <span class={`requirement-word tone-${icon}`}>{word}</span>
              </p>
              <p class="quiet found">Found: {check.found}</p>
              {check.next && (
                <p>
                  <strong>What to do:</strong> {asSentence(check.next)}
                </p>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
