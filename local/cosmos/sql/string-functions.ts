import { type BuiltIn, type FunctionTable, onAny, onString, onStrings } from './function-table.ts';
import type { Json, Value } from './values.ts';

/** The longest string that REPLICATE and the like may build. */
const maxLength = 10_000;

const isString = (value: Value): value is string => typeof value === 'string';

function parsed(text: string, accepts: (value: Json) => boolean): Value {
  try {
    const value = JSON.parse(text) as Json;
    return accepts(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** One text against several; in lower case where case does not count. */
const onParts = (holds: (text: string, parts: string[]) => boolean, ignoresCase: boolean): BuiltIn => ({
  minimum: 2,
  maximum: 200,
  call: (parameters) => {
    if (!parameters.every(isString)) return undefined;
    const [text = '', ...parts] = ignoresCase ? parameters.map((each) => each.toLowerCase()) : parameters;
    return holds(text, parts);
  },
});

export const stringFunctions: FunctionTable = {
  CONCAT: {
    minimum: 2,
    maximum: 200,
    call: (parts) => (parts.every(isString) ? parts.join('') : undefined),
  },
  CONTAINS: onStrings((text, other) => text.includes(other)),
  CONTAINS_ALL_CI: onParts((text, parts) => parts.every((part) => text.includes(part)), true),
  CONTAINS_ALL_CS: onParts((text, parts) => parts.every((part) => text.includes(part)), false),
  CONTAINS_ANY_CI: onParts((text, parts) => parts.some((part) => text.includes(part)), true),
  CONTAINS_ANY_CS: onParts((text, parts) => parts.some((part) => text.includes(part)), false),
  STARTSWITH: onStrings((text, other) => text.startsWith(other)),
  ENDSWITH: onStrings((text, other) => text.endsWith(other)),
  STRINGEQUALS: onStrings((text, other) => text === other),
  INDEX_OF: {
    minimum: 2,
    maximum: 3,
    call: ([text, other, from = 0]) =>
      isString(text) && isString(other) && typeof from === 'number' ? text.indexOf(other, from) : undefined,
  },
  LASTINDEXOF: {
    minimum: 2,
    maximum: 2,
    call: ([text, other]) => (isString(text) && isString(other) ? text.lastIndexOf(other) : undefined),
  },
  LEFT: {
    minimum: 2,
    maximum: 2,
    call: ([text, length]) =>
      isString(text) && typeof length === 'number' ? text.slice(0, Math.max(0, length)) : undefined,
  },
  RIGHT: {
    minimum: 2,
    maximum: 2,
    call: ([text, length]) =>
      isString(text) && typeof length === 'number'
        ? text.slice(text.length - Math.min(text.length, Math.max(0, length)))
        : undefined,
  },
  LENGTH: onString((text) => text.length),
  LOWER: onString((text) => text.toLowerCase()),
  UPPER: onString((text) => text.toUpperCase()),
  TRIM: onString((text) => text.trim()),
  LTRIM: onString((text) => text.trimStart()),
  RTRIM: onString((text) => text.trimEnd()),
  REVERSE: onString((text) => Array.from(text).reverse().join('')),
  REPLACE: {
    minimum: 3,
    maximum: 3,
    call: ([text, find, by]) =>
      isString(text) && isString(find) && isString(by) && find !== ''
        ? text.replaceAll(find, () => by)
        : undefined,
  },
  REPLICATE: {
    minimum: 2,
    maximum: 2,
    call: ([text, times]) =>
      isString(text) && typeof times === 'number' && times >= 0 && text.length * times <= maxLength
        ? text.repeat(times)
        : undefined,
  },
  SUBSTRING: {
    minimum: 3,
    maximum: 3,
    call: ([text, start, length]) =>
      isString(text) && typeof start === 'number' && typeof length === 'number'
        ? text.slice(Math.max(0, start), Math.max(0, start) + Math.max(0, length))
        : undefined,
  },
  TOSTRING: onAny((value) => (value === undefined || isString(value) ? value : JSON.stringify(value))),
  STRINGTONUMBER: onString((text) => parsed(text, (value) => typeof value === 'number')),
  STRINGTOBOOLEAN: onString((text) => parsed(text, (value) => typeof value === 'boolean')),
  STRINGTONULL: onString((text) => parsed(text, (value) => value === null)),
  STRINGTOARRAY: onString((text) => parsed(text, (value) => Array.isArray(value))),
  STRINGTOOBJECT: onString((text) =>
    parsed(text, (value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  ),
  STRINGSPLIT: {
    minimum: 2,
    maximum: 2,
    call: ([text, separator]) =>
      isString(text) && isString(separator) && separator !== '' ? text.split(separator) : undefined,
  },
  STRINGJOIN: {
    minimum: 2,
    maximum: 2,
    call: ([parts, separator]) =>
      Array.isArray(parts) && parts.every(isString) && isString(separator)
        ? parts.join(separator)
        : undefined,
  },
};
