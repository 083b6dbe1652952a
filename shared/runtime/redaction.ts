/** What can be found in a text that is to be shared, by the word that takes its place. */
export const secretKinds = [
  'private-key',
  'token',
  'authorization',
  'cookie',
  'signature',
  'credentials',
  'query',
  'secret',
  'key-like',
  'user',
] as const;
type SecretKind = (typeof secretKinds)[number];

export interface RedactionOptions {
  /** Names of people, as they sign in with, stay. */
  keepsUsers?: boolean;
}

/** Takes out what opens something or says who somebody is; what was taken out is counted. */
export interface Redaction {
  /** Safe to repeat. Text of any kind: log lines, JSON, configuration, command lines, headers. */
  text(text: string): string;
  /** The same for what JSON can hold: what has the name of a secret is taken out, whatever it looks like. */
  value(value: unknown): unknown;
  counts(): ReadonlyMap<SecretKind, number>;
}

/** One word, so that what is looked for never ends inside. */
const mark = (kind: SecretKind): string => `[redacted:${kind}]`;
const markPattern = String.raw`\[redacted:[a-z-]+\]`;
const isMarked = (text: string): boolean => new RegExp(`^${markPattern}$`).test(text);

/** In the name of a secret: `clientSecret`, `api_key`, `tokenHash`, `X-Identity-Header`. */
const words = [
  'pass(?:word|wd|phrase|code)',
  'pwd',
  'secret',
  'tokens?',
  'ticket',
  'cookies?',
  'authorization',
  'credentials?',
  'assertion',
  'verifier',
  'signature',
  'sealed',
  'nonce',
  'identity[-_]?header',
  '(?:api|access|account|shared|private|signing|encryption|storage|subscription|functions?|host|master|primary|secondary|hmac|symmetric)[-_ ]?(?:access[-_ ]?)?keys?',
].join('|');
/** These are parts of ordinary words, and count by themselves or between hyphens. */
const shortWords = 'pass|sig|sas|otp|pin';
const secretName = `(?:[\\w.-]{0,60}?(?:${words})(?:[-_.]?\\w{1,12})?|(?:[\\w.-]{0,60}?[-_.])?(?:${shortWords})(?!\\w))`;
const wholeSecretName = new RegExp(`^(?:${secretName}|[dkpq]|d[pq]|qi)$`, 'i');
const isSecretName = (name: string): boolean => wholeSecretName.test(name);

/** A quoted text, with quotes that were escaped once more too, or what stands before a blank or an end. */
const quoted = String.raw`\\?"(?:[^"\\]|\\(?!")[\s\S]|\\"(?!\s*[,}\]:]))*\\?"|'[^'\r\n]*'`;
const bare = String.raw`(?:${markPattern}|[^\s,;&"'<>}\]\\])+`;

interface Rule {
  kind: SecretKind;
  /** The groups before the last are kept; the last is what goes. */
  pattern: RegExp;
}

const rules: readonly Rule[] = [
  {
    kind: 'private-key',
    pattern:
      /()(-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|$))/g,
  },
  { kind: 'private-key', pattern: /(\\?"(?:d|k|p|q|dp|dq|qi)\\?"\s*:\s*)(\\?"[\w+/=-]{16,}\\?")/g },
  { kind: 'private-key', pattern: /()(PuTTY-User-Key-File-\d[\s\S]*?(?:Private-MAC: \w+|$))/g },
  {
    kind: 'authorization',
    pattern: /(\b(?:proxy-)?authorization\b["'\\]{0,3}\s*[:=]\s*["'\\]{0,2})([^\r\n"']+)/gi,
  },
  {
    kind: 'cookie',
    pattern: /(\b(?:set-)?cookie2?\b["'\\]{0,3}\s*[:=]\s*(?:\[(?!redacted:))?["'\\]{0,2})([^\r\n"']+)/gi,
  },
  { kind: 'signature', pattern: /()(\bSharedAccessSignature\s+[^\s"',;]+)/gi },
  {
    kind: 'authorization',
    pattern:
      /(\b(?:bearer|basic|negotiate|ntlm|digest|sharedkey(?:lite)?|hmac-sha256|dpop)\s+)([\w.~+/=:-]{8,})/gi,
  },
  { kind: 'token', pattern: /()(\beyJ[\w-]{8,}(?:\.[\w-]*){1,4})/g },
  {
    kind: 'token',
    pattern:
      /()(\b(?:gh[opsur]_\w{20,}|github_pat_\w{20,}|npm_\w{20,}|xox[abeoprs]-[\w-]{10,}|glpat-[\w-]{16,}|sk-[\w-]{20,}|AIza[\w-]{30,}|(?:AKIA|ASIA)[A-Z0-9]{16}|[01]\.A[\w-]{2,}\.[\w-]{20,}))/g,
  },
  /** A client secret of Entra: forty characters with `Q~` after the fourth. */
  { kind: 'secret', pattern: /()([\w.~-]{3}\dQ~[\w.~-]{31,37})/g },
  { kind: 'credentials', pattern: /([a-z][a-z0-9+.-]{1,20}:\/\/)([^\s/@"'<>]{1,200})(?=@)/gi },
  {
    kind: 'query',
    pattern: /(\b(?:https?|wss?|sb|amqps?|ftps?):\/\/[^\s"'<>?#\\]{1,2000}[?#])([^\s"'<>\\]+)/gi,
  },
  { kind: 'query', pattern: /(\/[\w.~%-]{0,200}\?)([\w.~%-]{1,100}=[^\s"'<>\\]*)/g },
  {
    kind: 'secret',
    pattern: /(<(?:\w+:)?\w{0,30}(?:password|secret|token|key)\w{0,10}(?:\s[^<>]{0,200})?>)([^<>]+)(?=<\/)/gi,
  },
  {
    kind: 'secret',
    pattern: new RegExp(`(\\bkey\\s*=\\s*["']${secretName}["']\\s+value\\s*=\\s*)(${quoted})`, 'gi'),
  },
  { kind: 'secret', pattern: /(\bConvertTo-SecureString\s+(?:-String\s+)?)("[^"]*"|'[^']*'|[^\s-]\S*)/gi },
  { kind: 'secret', pattern: /(\bnet1?(?:\.exe)?\s+user\s+\S+\s+)([^\s/]\S*)/gi },
  { kind: 'secret', pattern: /(\/(?:pass|password|p|rp):)(\S+)/gi },
  { kind: 'secret', pattern: new RegExp(`(\\s--?${secretName}(?:\\s+|=))(${quoted}|[^\\s-]\\S*)`, 'gi') },
  {
    kind: 'secret',
    pattern: new RegExp(`(\\b${secretName}\\\\?["']?\\s*(?:=>|[:=])\\s*)(${quoted}|${bare})`, 'gi'),
  },
  // What else is long and mixed: keys, hashes of cookies, blobs. A thumbprint in hexadecimal is none.
  {
    kind: 'key-like',
    pattern: /()((?<![\w+-])(?=[\w+-]*[a-z])(?=[\w+-]*[A-Z])(?=[\w+-]*\d)[\w+-]{40,4000}={0,2})/g,
  },
  // Keys of 32 and 64 bytes, as Azure writes them.
  { kind: 'key-like', pattern: /()((?<![\w+/=-])(?:[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==)(?![\w+/=]))/g },
  { kind: 'key-like', pattern: /()((?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{120,}={0,2})/g },
];

const user: Rule = {
  kind: 'user',
  pattern: /()((?<![\w.+'-])[\w.+'-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+)/gi,
};

/** One for everything that is shared together, so that its counts are of all of it. */
export function createRedaction({ keepsUsers = false }: RedactionOptions = {}): Redaction {
  const counts = new Map<SecretKind, number>();
  const all = keepsUsers ? rules : [...rules, user];

  function count(kind: SecretKind): string {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return mark(kind);
  }

  /** Quotes stay, so that JSON is JSON afterwards. */
  function replace(kind: SecretKind, kept: string, secret: string): string {
    const quote = /^\\?["']/.exec(secret)?.[0] ?? '';
    const end = quote !== '' && secret.length > quote.length && secret.endsWith(quote) ? quote : '';
    const inside = secret.slice(quote.length, secret.length - end.length);
    if (inside.trim() === '' || isMarked(inside) || /^(?:true|false|null)$/.test(inside))
      return kept + secret;
    // A number of JSON becomes a text.
    const isInJson = quote === '' && /"\s*:\s*$/.test(kept);
    return isInJson ? `${kept}"${count(kind)}"` : kept + quote + count(kind) + end;
  }

  const text = (from: string): string =>
    all.reduce(
      (changed, { kind, pattern }) =>
        changed.replace(pattern, (_match, kept: string, secret: string) => replace(kind, kept, secret)),
      from,
    );

  function value(from: unknown, name = ''): unknown {
    if (from === null || from === undefined || typeof from === 'boolean') return from;
    if (isSecretName(name) && from !== '')
      return typeof from === 'string' && isMarked(from) ? from : count('secret');
    if (typeof from === 'string') return text(from);
    if (Array.isArray(from)) return from.map((one) => value(one));
    if (typeof from !== 'object') return from;
    return Object.fromEntries(Object.entries(from).map(([key, one]) => [key, value(one, key)]));
  }

  return { text, value: (from) => value(from), counts: () => counts };
}
