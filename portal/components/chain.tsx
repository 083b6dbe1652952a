import { type ChainLink, chainSentence } from '../model/chain.ts';

const words = { good: 'works', bad: 'fails', untried: 'not tried' } as const;

/** The way from here to the service, hop by hop. */
export function Chain({ links }: { links: readonly ChainLink[] }) {
  return (
    <div class="chain-block">
      <ol class="chain" aria-label="The path to the machine">
        {links.map(({ name, state, note }) => (
          <li key={name} class={`chain-link ${state}`}>
            <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
              <circle class="chain-dot" cx="10" cy="10" r="8" />
              {state === 'good' && <path class="chain-mark" d="m6 10.2 2.7 2.7L14 7.5" />}
              {state === 'bad' && <path class="chain-mark" d="m7 7 6 6m0-6-6 6" />}
            </svg>
            <span class="chain-name">{name}</span>
            <span class="chain-note">
              <span class="visually-hidden">{words[state]}: </span>
              {note}
            </span>
          </li>
        ))}
      </ol>
      <p class="quiet">{chainSentence(links)}</p>
    </div>
  );
}
