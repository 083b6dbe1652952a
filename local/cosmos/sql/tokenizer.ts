import { SqlError } from './syntax-error.ts';

type TokenKind = 'word' | 'keyword' | 'number' | 'string' | 'parameter' | 'symbol' | 'end';

export interface Token {
  kind: TokenKind;
  /** As written; a keyword in upper case. */
  text: string;
  /** The value of a number or of a string without its quotes. */
  value: number | string;
  start: number;
  end: number;
}

/** Words that cannot name a property after a dot: `c.order` is refused, `c["order"]` is the way. */
const keywords = new Set(
  `AND ARRAY AS ASC BETWEEN BY DESC DISTINCT ESCAPE EXISTS FALSE FROM GROUP IN JOIN LIKE LIMIT NOT NULL OFFSET OR
   ORDER SELECT TOP TRUE UDF UNDEFINED VALUE WHERE`.split(/\s+/),
);

/** The service refuses longer query texts. */
const maxTextLength = 512 * 1024;

const pattern =
  /(?<space>\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|(?<parameter>@[A-Za-z_]\w*)|(?<word>[A-Za-z_]\w*)|(?<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?!\w))|(?<string>"[^"\\]*(?:\\[\s\S][^"\\]*)*"|'[^'\\]*(?:\\[\s\S][^'\\]*)*')|(?<symbol>>>>|\?\?|<=|>=|<>|!=|\|\||<<|>>|[-+*/%&|^~=<>?:.,()[\]{}])/y;

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function unescape(quoted: string, start: number): string {
  return quoted.slice(1, -1).replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (whole: string, code: string) => {
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const character = escapes[code];
    if (character === undefined)
      throw new SqlError(
        'SC1012',
        `Syntax error, invalid string literal token '${whole}'.`,
        start,
        start + quoted.length,
      );
    return character;
  });
}

function tokenOf(groups: Record<string, string | undefined>, start: number): Token | undefined {
  const { parameter, word, number, string, symbol } = groups;
  const made = (kind: TokenKind, text: string, value: number | string = text, written = text): Token => ({
    kind,
    text,
    value,
    start,
    end: start + written.length,
  });
  if (word !== undefined) {
    const upper = word.toUpperCase();
    return keywords.has(upper) ? made('keyword', upper, word) : made('word', word);
  }
  if (parameter !== undefined) return made('parameter', parameter);
  if (number !== undefined) return made('number', number, Number(number));
  if (string !== undefined) return made('string', string, unescape(string, start));
  if (symbol !== undefined) return made('symbol', symbol === '<>' ? '!=' : symbol, symbol, symbol);
  return undefined;
}

/** Splits a query into tokens, the last of kind `end`. Throws SqlError at the first character that begins none. */
export function tokenize(text: string): Token[] {
  if (text.length > maxTextLength)
    throw new SqlError('SC3001', `The query text exceeds the limit of ${maxTextLength} characters.`);
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match?.groups) {
      const near = text.slice(start, start + 20);
      throw new SqlError('SC1010', `Syntax error, invalid token '${near}'.`, start, start + near.length);
    }
    const token = tokenOf(match.groups, start);
    if (token) tokens.push(token);
  }
  tokens.push({ kind: 'end', text: 'end of query', value: '', start: text.length, end: text.length });
  return tokens;
}
