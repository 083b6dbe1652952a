import type { Tone } from '../model/machine-state.ts';

/** Hand-made, on a 16 px grid; always beside words, so hidden from screen readers. */
const paths = {
  good: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm3.3 4.6L7 9.9 4.9 7.8l-.9.9 3 3 5.2-5.2-.9-.9Z',
  bad: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1ZM5.6 4.7l-.9.9L7.1 8l-2.4 2.4.9.9L8 8.9l2.4 2.4.9-.9L8.9 8l2.4-2.4-.9-.9L8 7.1 5.6 4.7Z',
  warning:
    'M8.9 1.9 15 13.2c.3.7-.1 1.3-.9 1.3H1.9c-.8 0-1.2-.6-.9-1.3L7.1 1.9c.4-.7 1.4-.7 1.8 0ZM7.3 5.5v4.2h1.4V5.5H7.3Zm0 5.4v1.5h1.4v-1.5H7.3Z',
  busy: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm-.7 3v4.3l3.4 2 .7-1.1-2.7-1.6V4H7.3Z',
  neutral:
    'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm0 1.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4ZM5 7.3h6v1.4H5V7.3Z',
  open: 'M3.5 2H7v1.3H3.8v8.9h8.9V9H14v3.5c0 .8-.7 1.5-1.5 1.5h-9c-.8 0-1.5-.7-1.5-1.5v-9C2 2.7 2.7 2 3.5 2ZM9 2h5v5h-1.3V4.2L7.9 9.1l-.9-.9 4.8-4.9H9V2Z',
  add: 'M7.3 2h1.4v5.3H14v1.4H8.7V14H7.3V8.7H2V7.3h5.3V2Z',
  copy: 'M5 1h7.5c.8 0 1.5.7 1.5 1.5V11h-1.3V2.3H5V1ZM3.5 4h6c.8 0 1.5.7 1.5 1.5v8c0 .8-.7 1.5-1.5 1.5h-6c-.8 0-1.5-.7-1.5-1.5v-8C2 4.7 2.7 4 3.5 4Zm-.2 1.3v8.4h6.4V5.3H3.3Z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, tone }: { name: IconName; tone?: Tone }) {
  return (
    <svg
      class={tone ? `icon tone-${tone}` : 'icon'}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
    >
      <path d={paths[name]} fill="currentColor" />
    </svg>
  );
}
