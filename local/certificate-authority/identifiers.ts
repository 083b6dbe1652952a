import { type Identifier, Problem, problemUrn, type Subproblem } from './problem.ts';

const maxNames = 100;
const maxNameLength = 253;
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function faultOf(
  name: string,
  permittedSuffix: string,
): [type: 'malformed' | 'rejectedIdentifier', string] | undefined {
  const base = name.replace(/^\*\./, '');
  const labels = base.split('.');
  // Underscores are no host names; digits alone at the end are addresses.
  if (name.length > maxNameLength || labels.length < 2 || !labels.every((part) => label.test(part))) {
    return ['malformed', `${name.slice(0, maxNameLength)} is not a host name`];
  }
  if (!base.endsWith(`.${permittedSuffix}`)) {
    return ['rejectedIdentifier', `this authority issues for names below ${permittedSuffix} only`];
  }
  return undefined;
}

/** The distinct names of an order in lower case, or a refusal that names each bad one (RFC 8555 section 6.7.1). */
export function requireNames(
  identifiers: readonly { type: string; value: string }[],
  permittedSuffix: string,
): string[] {
  const foreign = identifiers.find(({ type }) => type !== 'dns');
  if (foreign) throw new Problem('unsupportedIdentifier', `only dns identifiers, not ${foreign.type}`);
  const names = [...new Set(identifiers.map(({ value }) => value.toLowerCase()))];
  if (names.length > maxNames) throw new Problem('malformed', `at most ${maxNames} names in one order`);
  const subproblems = names.flatMap((value): Subproblem[] => {
    const fault = faultOf(value, permittedSuffix);
    const identifier: Identifier = { type: 'dns', value };
    return fault ? [{ type: problemUrn(fault[0]), detail: fault[1], identifier }] : [];
  });
  const [first, ...others] = subproblems;
  if (!first) return names;
  const type = first.type === problemUrn('malformed') ? 'malformed' : 'rejectedIdentifier';
  throw new Problem(type, others.length > 0 ? 'names were refused' : first.detail, { subproblems });
}
