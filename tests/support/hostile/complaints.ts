import { errorTable, isErrorCode } from '#shared/domain/error.ts';
import { problem } from '#shared/protocol/api.ts';
import { root } from '../source-imports.ts';
import type { RawAnswer } from './raw-request.ts';

/** What tells of the inside: frames of a stack, folders of the app, names of its files. */
const inside = [
  /\n\s+at /,
  /\bat [\w.<>]+ \(/,
  /node_modules|node:internal|file:\/\//,
  /\.(?:ts|mjs|cjs)\b/,
  /\bdist\/|\/functions\/http/,
  /ZodError|SyntaxError|TypeError|RangeError/,
];

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What is wrong with an answer to a request that nobody should have sent; nothing where all is well. */
export function complaintsOf(answer: RawAnswer): string[] {
  const { status, type, text } = answer;
  const told = [root, ...inside].filter((one) =>
    typeof one === 'string' ? text.includes(one) : one.test(text),
  );
  const leaks = told.length > 0 ? [`tells of the inside: ${text.slice(0, 300)}`] : [];
  if (status >= 500 || status < 200) return [...leaks, `status ${status}: ${text.slice(0, 300)}`];
  if (status < 400) return leaks;
  // Requests that no route takes never reach the app: the host answers them, without a body.
  if (text === '')
    return [404, 400, 413, 414, 431].includes(status) ? leaks : [...leaks, `${status} without a word`];
  if (!type.startsWith('application/problem+json'))
    return [...leaks, `${status} as ${type}: ${text.slice(0, 200)}`];
  const body = problem.safeParse(parse(text));
  if (!body.success) return [...leaks, `no problem: ${text.slice(0, 300)}`];
  const { code, errors = [] } = body.data;
  if (!isErrorCode(code)) return [...leaks, `an unknown code ${code}`];
  const same = body.data.status === status && errorTable[code].status === status;
  return [
    ...leaks,
    ...(same ? [] : [`${code} with status ${status}`]),
    ...(code === 'invalid_request' && errors.length === 0 ? ['names no field'] : []),
  ];
}

/** The fields that a 400 names. */
export function fieldsOf({ status, text }: RawAnswer): string[] {
  const body = status === 400 ? problem.safeParse(parse(text)) : undefined;
  return body?.success ? (body.data.errors ?? []).map(({ field }) => field) : [];
}
