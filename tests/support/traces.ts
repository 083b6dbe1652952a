import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A word that is nowhere else: letters and digits, so that quoting for JSON, SQL or a URL leaves it as it is. */
export const newMarker = (): string => `k9${randomBytes(15).toString('hex')}`;

/** Where the three alignments of base64 begin to depend on the word alone. */
const firstOwn = [0, 2, 3] as const;

function base64Of(word: Buffer): string[] {
  return firstOwn.map((start, shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), word]).toString('base64');
    return text.slice(start, Math.floor(((shift + word.length) * 8) / 6));
  });
}

/** Every writing of a word that a program may leave behind, by name. */
export function writingsOf(word: string): Map<string, Buffer> {
  const utf8 = Buffer.from(word, 'utf8');
  const utf16 = Buffer.from(word, 'utf16le');
  const hex = utf8.toString('hex');
  const percent = hex.replaceAll(/../g, (byte) => `%${byte}`);
  const texts: [string, string][] = [
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ['percent', percent],
    ['PERCENT', percent.toUpperCase()],
    ...[utf8, utf16].flatMap((bytes, kind) =>
      base64Of(bytes).flatMap((text, shift): [string, string][] => [
        [`base64 ${kind}.${shift}`, text],
        [`base64url ${kind}.${shift}`, text.replaceAll('+', '-').replaceAll('/', '_')],
      ]),
    ),
  ];
  return new Map([
    ['as it is', utf8],
    ['UTF-16', utf16],
    ['UTF-16 big-endian', Buffer.from(utf16).swap16()],
    ...texts.map(([name, text]): [string, Buffer] => [name, Buffer.from(text, 'latin1')]),
  ]);
}

/** The writings in which the word is in the bytes. */
export const findIn = (bytes: Buffer, word: string): string[] =>
  [...writingsOf(word)].filter(([, writing]) => bytes.includes(writing)).map(([name]) => name);

/** Each file below the folder that has the word in it, as `path: writing`. */
export function findInFiles(folder: string, word: string): string[] {
  return filesOf(folder).flatMap((file) =>
    findIn(readFileSync(file), word).map((writing) => `${relative(folder, file)}: ${writing}`),
  );
}

export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Keeps a copy of every row that is written from now on, beside its table in the same file: what is there for a moment
 * only, as a message of a bus, is found later, too. Answers the tables.
 */
export function keepEveryRow(file: string): string[] {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA busy_timeout = 5000');
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all()
      .map(({ name }) => String(name));
    for (const table of tables) {
      const columns = database
        .prepare(`PRAGMA table_info(${quoted(table)})`)
        .all()
        .map(({ name }) => `NEW.${quoted(String(name))}`);
      const copy = quoted(`written ${table}`);
      database.exec(`CREATE TABLE ${copy} AS SELECT * FROM ${quoted(table)}`);
      for (const event of ['INSERT', 'UPDATE'])
        database.exec(`CREATE TRIGGER ${quoted(`${event} ${table}`)} AFTER ${event} ON ${quoted(table)}
          BEGIN INSERT INTO ${copy} VALUES (${columns.join(', ')}); END`);
    }
    return tables;
  } finally {
    database.close();
  }
}
