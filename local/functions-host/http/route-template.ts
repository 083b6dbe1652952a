/** One part of a route segment: text, or a parameter with its constraints. */
type Part = { text: string } | Parameter;

interface Parameter {
  name: string;
  optional: boolean;
  catchAll: boolean;
  defaultValue: string | undefined;
  constraints: { source: string; test(value: string): boolean }[];
}

export interface RouteTemplate {
  /** As the function says it, with the prefix. */
  source: string;
  segments: readonly (readonly Part[])[];
  /** Route values of a path, or undefined when it does not match; optional parameters without value are absent. */
  match(path: string): Record<string, string> | undefined;
}

type Check = (value: string, argument: string) => boolean;

const guid = /^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;

/** ASP.NET's inline constraints. */
const checks = new Map<string, Check>([
  ['int', (value) => /^[+-]?\d{1,10}$/.test(value) && Math.abs(Number(value)) <= 2_147_483_647],
  ['long', (value) => /^[+-]?\d{1,19}$/.test(value)],
  ['bool', (value) => /^(?:true|false)$/i.test(value)],
  ['alpha', (value) => /^[a-z]*$/i.test(value)],
  ['guid', (value) => guid.test(value)],
  ['double', (value) => value !== '' && Number.isFinite(Number(value))],
  ['decimal', (value) => value !== '' && Number.isFinite(Number(value))],
  ['float', (value) => value !== '' && Number.isFinite(Number(value))],
  ['datetime', (value) => !Number.isNaN(Date.parse(value))],
  ['required', (value) => value !== ''],
  ['minlength', (value, argument) => value.length >= Number(argument)],
  ['maxlength', (value, argument) => value.length <= Number(argument)],
  ['min', (value, argument) => /^[+-]?\d+$/.test(value) && Number(value) >= Number(argument)],
  ['max', (value, argument) => /^[+-]?\d+$/.test(value) && Number(value) <= Number(argument)],
  [
    'length',
    (value, argument) => {
      const [low = 0, high = low] = argument.split(',').map(Number);
      return value.length >= low && value.length <= high;
    },
  ],
  [
    'range',
    (value, argument) => {
      const [low = 0, high = 0] = argument.split(',').map(Number);
      return /^[+-]?\d+$/.test(value) && Number(value) >= low && Number(value) <= high;
    },
  ],
]);

function parseConstraint(source: string, template: string): Parameter['constraints'][number] {
  const [, name = '', argument = ''] = /^([a-z]+)(?:\((.*)\))?$/i.exec(source) ?? [];
  if (name.toLowerCase() === 'regex') {
    const pattern = new RegExp(argument.replaceAll('{{', '{').replaceAll('}}', '}'), 'i');
    return { source, test: (value) => pattern.test(value) };
  }
  const check = checks.get(name.toLowerCase());
  if (!check) throw new Error(`route '${template}': the constraint '${source}' is not known`);
  return { source, test: (value) => check(value, argument) };
}

function parseParameter(inner: string, template: string): Parameter {
  const [, stars = '', name = '', rest = ''] = /^(\*{0,2})([^:=?*]+)(.*)$/s.exec(inner) ?? [];
  const [, constraintText = '', ending = ''] =
    /^((?::[a-z]+(?:\((?:[^()]|\([^()]*\))*\))?)*)(\?|=.*)?$/is.exec(rest) ?? [undefined, undefined];
  if (!name || (rest && constraintText === '' && ending === ''))
    throw new Error(`route '${template}': '{${inner}}' is not a parameter`);
  const constraints = [...constraintText.matchAll(/:([a-z]+(?:\((?:[^()]|\([^()]*\))*\))?)/gi)].map(
    ([, source = '']) => parseConstraint(source, template),
  );
  return {
    name,
    optional: ending === '?',
    catchAll: stars !== '',
    defaultValue: ending?.startsWith('=') ? ending.slice(1) : undefined,
    constraints,
  };
}

function parseSegment(segment: string, template: string): Part[] {
  const parts: Part[] = [];
  let text = '';
  for (let at = 0; at < segment.length; at += 1) {
    const two = segment.slice(at, at + 2);
    if (two === '{{' || two === '}}') {
      text += two.charAt(0);
      at += 1;
    } else if (segment[at] === '{') {
      const end = segment.indexOf('}', at);
      if (end < 0) throw new Error(`route '${template}': '{' is not closed`);
      if (text) parts.push({ text });
      text = '';
      parts.push(parseParameter(segment.slice(at + 1, end), template));
      at = end;
    } else text += segment[at];
  }
  if (text) parts.push({ text });
  return parts;
}

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

function decoded(value: string): string {
  try {
    // An encoded slash stays encoded, as the real server leaves it.
    return decodeURIComponent(value.replaceAll(/%2f/gi, '%252F'));
  } catch {
    return value;
  }
}

/** Compiles an ASP.NET route template, as Functions use them. Throws on what it cannot honour. */
export function parseRouteTemplate(source: string): RouteTemplate {
  const segments = source
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => parseSegment(segment, source));
  const parameters: Parameter[] = [];
  let pattern = '^';
  segments.forEach((parts, index) => {
    const [only] = parts;
    if (only && parts.length === 1 && 'name' in only) {
      parameters.push(only);
      if (only.catchAll && index < segments.length - 1)
        throw new Error(`route '${source}': '{*${only.name}}' must be the last segment`);
      if (only.catchAll) pattern += '(?:/(.*))?';
      else if (only.optional || only.defaultValue !== undefined) pattern += '(?:/([^/]+))?';
      else pattern += '/([^/]+)';
      return;
    }
    pattern += '/';
    for (const part of parts) {
      if ('text' in part) pattern += escape(part.text);
      else {
        parameters.push(part);
        pattern += '([^/]+?)';
      }
    }
  });
  const expression = new RegExp(`${pattern}/?$`, 'i');

  return {
    source,
    segments,
    match(path) {
      // Without its slash at the end, but for a catch-all, which keeps what it caught.
      const found = expression.exec(path === '/' ? '' : path);
      if (!found) return undefined;
      const values: Record<string, string> = {};
      for (const [index, { name, constraints, defaultValue }] of parameters.entries()) {
        const raw = found[index + 1];
        const value = raw === undefined || raw === '' ? defaultValue : decoded(raw);
        if (value === undefined) continue;
        if (!constraints.every((constraint) => constraint.test(value))) return undefined;
        values[name] = value;
      }
      return values;
    },
  };
}
