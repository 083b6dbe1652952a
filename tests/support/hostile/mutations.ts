import { type Place, placesOf, type Schema, sampleOf, withValue } from './described-routes.ts';

export interface MutatedBody {
  /** JSON text. */
  text: string;
  /** Path of the field that is wrong, with dots; empty for the body itself. */
  field: string;
}

const nameOf = (path: Place['path']): string => path.join('.');
const ofEachType: readonly [type: string, value: unknown][] = [
  ['null', null],
  ['boolean', true],
  ['integer', 7],
  ['string', 'text'],
  ['array', []],
  ['object', {}],
];

const wrongTypes = (body: unknown, { path, types }: Place): MutatedBody[] =>
  types.has('any')
    ? []
    : ofEachType
        .filter(([type]) => !types.has(type))
        .map(([, value]) => ({ text: JSON.stringify(withValue(body, path, value)), field: nameOf(path) }));

const surprises = [
  'surprise',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  'a.b',
  '\u0000',
  '\ud800',
];

const unknownFields = (body: unknown, { path, isClosed }: Place): MutatedBody[] =>
  isClosed
    ? surprises.map((name) => ({
        text: JSON.stringify(withValue(body, [...path, name], { polluted: true })),
        field: nameOf([...path, name]),
      }))
    : [];

/** Numbers that JSON can write and no field can mean; some are too large for a double. */
const numbers = [
  '-1',
  '-0.5',
  '1.5',
  '1e400',
  '-1e400',
  '1e308',
  '9007199254740993',
  '99999999999999999999999',
];
const marker = '\uf8ff';

const impossibleNumbers = (body: unknown, { path, types }: Place): MutatedBody[] =>
  types.has('integer')
    ? numbers.map((number) => ({
        text: JSON.stringify(withValue(body, path, marker)).replace(`"${marker}"`, number),
        field: nameOf(path),
      }))
    : [];

function leftOut(body: unknown, schema: Schema, path: Place['path'] = []): MutatedBody[] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
    leftOut(body, one, [...path, name]),
  );
  const missing = (schema.required ?? []).map((name) => ({
    // `undefined` is not written.
    text: JSON.stringify(withValue(body, [...path, name], undefined)),
    field: nameOf([...path, name]),
  }));
  return [...missing, ...inner];
}

export type Mutation = 'a wrong type' | 'an unknown field' | 'an impossible number' | 'a field left out';

/** Bodies of which one place is wrong, each place in turn. */
export function mutatedBodies(schema: Schema, kind: Mutation): MutatedBody[] {
  const body = sampleOf(schema);
  const places = placesOf(schema);
  switch (kind) {
    case 'a wrong type':
      return places.flatMap((place) => wrongTypes(body, place));
    case 'an unknown field':
      return places.flatMap((place) => unknownFields(body, place));
    case 'an impossible number':
      return places.flatMap((place) => impossibleNumbers(body, place));
    case 'a field left out':
      return leftOut(body, schema);
  }
}

const strings = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '\u202e\u2066',
  '\ufeff',
  '../../../etc/passwd',
  "' OR 1=1 --",
  '${7*7}',
  '<script>',
  '%00%2e%2e%2f',
  '__proto__',
  'x'.repeat(60_000),
  'é'.repeat(20_000),
  '\n\r\n\r',
];

/** Bodies with text in a text field that only somebody hostile writes; a field may take any of it. */
export function hostileStrings(schema: Schema): string[] {
  const body = sampleOf(schema);
  return placesOf(schema)
    .filter(({ types }) => types.has('string'))
    .flatMap(({ path }) => strings.map((text) => JSON.stringify(withValue(body, path, text))));
}

interface RawBody {
  what: string;
  text: string | Buffer;
}

/** Nothing of this is one JSON value in UTF-8 that means one thing. */
export function brokenTexts(schema: Schema): RawBody[] {
  const good = JSON.stringify(sampleOf(schema));
  const [name = 'a'] = Object.keys(schema.properties ?? {});
  return [
    { what: 'half of it', text: good.slice(0, Math.ceil(good.length / 2)) },
    { what: 'two values', text: `${good}${good}` },
    { what: 'a comment', text: `/* */${good}` },
    { what: 'single quotes', text: "{'a':1}" },
    { what: 'a comma at the end', text: '{"a":1,}' },
    { what: 'NaN', text: '{"a":NaN}' },
    { what: 'a byte order mark of UTF-16', text: Buffer.from(`\ufeff${good}`, 'utf16le') },
    { what: 'bytes that are no UTF-8', text: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) },
    { what: 'a NUL', text: `${good}\0` },
    { what: 'a field twice', text: `{"${name}":1,"${name}":2}` },
    {
      what: 'a field twice, once in escapes',
      text: `{"${name}":null,"\\u${(name.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}${name.slice(1)}":null}`,
    },
    ...['null', 'true', '7', '"text"', '[]', '[{}]'].map((text) => ({
      what: `a body that is ${text}`,
      text,
    })),
  ];
}

/** Ten thousand levels, within the 64 KiB that are read. */
export const deepTexts = (): RawBody[] => [
  { what: 'arrays in arrays', text: '['.repeat(10_000) + ']'.repeat(10_000) },
  { what: 'objects in objects', text: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}` },
  { what: 'arrays without an end', text: '['.repeat(60_000) },
];

/** One segment of a path as it goes over the wire; none of them names anything. */
export const hostileSegments = (machineId: string): string[] => [
  '%00',
  'a%00b',
  '%20',
  '%2F',
  'a%2Fb',
  '..%2f..%2fmachines',
  '%2e%2e%2f',
  '%5c',
  '%ff',
  '%C3%A9',
  '%ED%A0%80',
  '%F0%9F%92%A9',
  '%',
  '%zz',
  '%25',
  "'",
  '%22',
  ';',
  '*',
  '$filter',
  '__proto__',
  'constructor',
  'null',
  '-',
  '0',
  'A'.repeat(26),
  'x'.repeat(8_000),
  `${machineId}%00`,
  `${machineId}%20`,
  `${machineId}.`,
  `${machineId}%2Fextension`,
];

/** Below a folder of files: each leads out of it, if anybody believes it. */
export const climbingPaths: readonly string[] = [
  '..%2fhost.json',
  '..%2fpackage.json',
  '..%2f..%2fpackage.json',
  '%2e%2e%2fhost.json',
  '..%5chost.json',
  '..%5c..%5cpackage.json',
  '....%2f%2fhost.json',
  '..;/host.json',
  '%252e%252e%252fhost.json',
  'assets%2f..%2f..%2fhost.json',
  '%2fetc%2fpasswd',
  '%2fetc%2fpasswd%00.json',
  '..%2fhost.json%00.js',
  'file:%2f%2f%2fetc%2fpasswd',
  'hasOwnProperty',
];
