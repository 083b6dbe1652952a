import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

/** One import as it stands in a file, with what it leads to. Paths are from the root, with slashes. */
export interface Edge {
  from: string;
  /** A file of ours by its path, a package by its name, or `node:...`. */
  to: string;
  isOurs: boolean;
  /** Erased before anything runs. */
  isTypeOnly: boolean;
}

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Top-level folders that hold code. */
export const codeFolders = [
  'functions',
  'orchestrations',
  'shared',
  'agent',
  'proxy',
  'portal',
  'cli',
  'local',
  'bench',
  'tests',
  'tools',
] as const;

/** Every file of code in the repository, in order. */
export const sourceFiles = (): string[] =>
  globSync(`{${codeFolders.join(',')}}/**/*.{ts,tsx,mts,mjs}`, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !file.includes('node_modules/') && !file.startsWith('tests/fixtures/'))
    .toSorted();

export const readSource = (file: string): string => readFileSync(posix.join(root, file), 'utf8');

const { imports: aliases } = JSON.parse(readSource('package.json')) as { imports: Record<string, string> };

/** What a specifier leads to, read from `package.json` as Node reads it. */
function resolve(from: string, specifier: string): { to: string; isOurs: boolean } {
  if (specifier.startsWith('.')) {
    return { to: posix.normalize(posix.join(posix.dirname(from), specifier)), isOurs: true };
  }
  if (specifier.startsWith('#')) {
    const [alias, target] =
      Object.entries(aliases).find(([key]) => specifier.startsWith(key.replace('*', ''))) ?? [];
    if (alias === undefined || target === undefined) throw new Error(`${from}: unknown alias ${specifier}`);
    const rest = specifier.slice(alias.length - 1);
    return { to: posix.normalize(target.replace('*', rest)), isOurs: true };
  }
  if (specifier.startsWith('node:')) return { to: specifier, isOurs: false };
  const parts = specifier.split('/');
  return { to: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/'), isOurs: false };
}

/** Static, dynamic and type imports and re-exports of one file. */
export function importsOf(file: string, source: string): Edge[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const edges: Edge[] = [];
  const add = (specifier: string, isTypeOnly: boolean) =>
    edges.push({ from: file, ...resolve(file, specifier), isTypeOnly });
  new Visitor({
    ImportDeclaration({ source: { value }, importKind, specifiers }) {
      const areTypes =
        specifiers.length > 0 &&
        specifiers.every((one) => one.type === 'ImportSpecifier' && one.importKind === 'type');
      add(value, importKind === 'type' || areTypes);
    },
    ExportNamedDeclaration({ source: from, exportKind }) {
      if (from) add(from.value, exportKind === 'type');
    },
    ExportAllDeclaration({ source: { value }, exportKind }) {
      add(value, exportKind === 'type');
    },
    ImportExpression({ source: from }) {
      if (from.type === 'Literal' && typeof from.value === 'string') add(from.value, false);
    },
    TSImportType({ source: from }) {
      add(from.value, true);
    },
  }).visit(program);
  return edges;
}

export const allEdges = (): Edge[] => sourceFiles().flatMap((file) => importsOf(file, readSource(file)));
