import { useId } from 'preact/hooks';
import type { AuthorityForecast } from '../api/replies.ts';
import { useWidth } from '../hooks/width.ts';
import { closureSentence, limitUse, queueLength } from '../model/forecast.ts';
import { formatAbsolute, formatSpan } from '../model/time.ts';
import { asSentence } from '../model/words.ts';
import { Icon } from './icon.tsx';
import { TimeAgo } from './time-ago.tsx';

type Limit = AuthorityForecast['limits'][number];

const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** What of a limit is used, and when all of it is there again. */
function LimitBar({ limit, now }: { limit: Limit; now: number }) {
  const { element, width } = useWidth<HTMLDivElement>();
  const { title, used, free, capacity, fullAt, refillSeconds } = limit;
  const { share, tone } = limitUse(limit);
  return (
    <li class="limit">
      <p class="limit-title">{title}</p>
      <div ref={element} class="limit-frame">
        {width > 0 && (
          <svg width={width} height="8" viewBox={`0 0 ${width} 8`} aria-hidden="true">
            <rect class="bar-track" width={width} height="8" rx="4" />
            {share > 0 && (
              <rect class={`bar-fill tone-${tone}`} width={Math.max(8, share * width)} height="8" rx="4" />
            )}
          </svg>
        )}
      </div>
      <p class="quiet">
        {count.format(used)} of {count.format(capacity)} used, {count.format(Math.floor(free))} free; one
        comes back every {formatSpan(refillSeconds * 1000)}
        {used > 0 && Date.parse(fullAt) > now && (
          <>
            , the last <TimeAgo at={fullAt} now={now} />
          </>
        )}
      </p>
    </li>
  );
}

const queueNames = [
  ['urgent', 'Urgent renewals'],
  ['install', 'Installs'],
  ['renewal', 'Regular renewals'],
] as const;

/** One authority: whether it takes orders, what is left of its limits, and who waits for it. */
export function AuthorityCard({ authority, now }: { authority: AuthorityForecast; now: number }) {
  const heading = useId();
  const { name, authority: address, closed, limits, queue } = authority;
  return (
    <section class="card" aria-labelledby={heading}>
      <div>
        <h2 id={heading}>{name}</h2>
        <span class="second">{address}</span>
      </div>
      {closed && (
        <div class="note">
          <Icon name="warning" tone="warning" />
          <span>
            <strong>It takes no orders until {formatAbsolute(closed.until)}</strong> (
            <TimeAgo at={closed.until} now={now} />
            ): {closureSentence(closed.reason)}
            {closed.detail && <span class="second">{asSentence(closed.detail)}</span>}
          </span>
        </div>
      )}
      {limits.length > 0 ? (
        <ul class="limits" aria-label={`Limits of ${name}`}>
          {limits.map((limit) => (
            <LimitBar key={limit.id} limit={limit} now={now} />
          ))}
        </ul>
      ) : (
        <p class="quiet">No limits of this authority are known.</p>
      )}
      <h3>Queue</h3>
      {queueLength(authority) === 0 ? (
        <p class="quiet">Nobody waits for this authority.</p>
      ) : (
        <dl class="facts wide">
          {queueNames.map(([kind, words]) => [
            <dt key={kind}>{words}</dt>,
            <dd key={`${kind}-count`}>{queue[kind]}</dd>,
          ])}
        </dl>
      )}
    </section>
  );
}
