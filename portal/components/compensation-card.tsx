import type { Compensation } from '../api/replies.ts';
import { asSentence } from '../model/words.ts';
import { Icon } from './icon.tsx';

/** After a failure: what was taken back, and what was left and why. */
export function CompensationCard({ compensation: { undone, left } }: { compensation: Compensation }) {
  if (undone.length === 0 && left.length === 0) return null;
  return (
    <section class="card" aria-labelledby="compensation-heading">
      <h2 id="compensation-heading">What became of what was begun</h2>
      {undone.length > 0 && (
        <div class="fate">
          <h3>Undone</h3>
          <ul>
            {undone.map((what) => (
              <li key={what}>
                <Icon name="good" tone="neutral" />
                {asSentence(what)}
              </li>
            ))}
          </ul>
        </div>
      )}
      {left.length > 0 && (
        <div class="fate">
          <h3>Left as it is</h3>
          <ul>
            {left.map(({ what, why }) => (
              <li key={what}>
                <Icon name="neutral" tone="neutral" />
                <span>
                  {asSentence(what)} <span class="second">Why: {asSentence(why)}</span>
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
