import { complaintsOf } from './complaints.ts';
import type { DescribedRoute } from './described-routes.ts';
import { type RawAnswer, type RawRequest, sendRaw } from './raw-request.ts';

/** Well-formed, and no machine's. */
export const unknownMachine = 'a'.repeat(26);
export const json = { 'content-type': 'application/json' };

const usual: Readonly<Record<string, string>> = {
  id: unknownMachine,
  operationId: `${unknownMachine}.aaaaaaaaaaaaaaaa`,
  service: 'WAC',
};

/** The route's path with these parameters; others are well-formed and name nothing. */
export const pathOf = ({ path }: DescribedRoute, given: Readonly<Record<string, string>> = {}): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => given[name] ?? usual[name] ?? 'a'.repeat(16));

/** A sentence where the answer is not the one that is expected. */
type Expectation = (answer: RawAnswer) => string | undefined;

export const isStatus =
  (...allowed: number[]): Expectation =>
  (answer) =>
    allowed.includes(answer.status) ? undefined : `status ${answer.status} and not ${allowed.join(' or ')}`;

export interface Asked {
  /** What is wrong with it, in words. */
  what: string;
  request: RawRequest;
  expects?: Expectation;
}

/** Sends all of them, some at a time, and answers what is wrong with each answer. */
export async function complaintsAbout(origin: string, asked: readonly Asked[]): Promise<string[]> {
  const found: string[] = [];
  const left = [...asked];
  const worker = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const { what, request, expects } = next;
      const answer = await sendRaw(origin, request);
      const complaints = [...complaintsOf(answer), expects?.(answer)].filter((one) => one !== undefined);
      const line = `${request.method} ${request.path.slice(0, 120)} with ${what}`;
      found.push(...complaints.map((one) => `${line}: ${one}`));
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return found.toSorted();
}
