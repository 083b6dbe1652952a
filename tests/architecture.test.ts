import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { describe, expect, it } from 'vitest';
import { importMatrix, violationOf } from './support/import-matrix.ts';
import { allEdges, codeFolders, importsOf, readSource, root, sourceFiles } from './support/source-imports.ts';

interface ListedPackage {
  version: string;
  usedBy: string[];
}

/** The tables of `docs/dependencies.md`, by heading. */
function listedPackages(heading: string): Record<string, ListedPackage> {
  const [, section = ''] = readSource('docs/dependencies.md').split(`\n## ${heading}\n`);
  const rows = section.split('\n## ')[0]?.matchAll(/^\| `(.+?)` +\| (\S+) +\| (.+?) +\| .+ \|$/gm) ?? [];
  return Object.fromEntries(
    [...rows].map(([, name = '', version = '', usedBy = '']) => [
      name,
      { version, usedBy: usedBy.split(', ') },
    ]),
  );
}

const listed = { ...listedPackages('dependencies'), ...listedPackages('devDependencies') };
const packagesOf = (program: string) =>
  Object.entries(listed).flatMap(([name, { usedBy }]) => (usedBy.includes(program) ? [name] : []));

const matrix = importMatrix(packagesOf);
const files = sourceFiles();
const edges = allEdges();
const violations = (all: typeof edges) => all.flatMap((edge) => violationOf(matrix, edge) ?? []);

describe('imports', () => {
  it('are seen at all: static, dynamic and of types', () => {
    expect(edges.length).toBeGreaterThan(1_500);
    expect(edges).toContainEqual({
      from: 'functions/composition.ts',
      to: 'shared/adapters/azure/cosmos-machine-store.ts',
      isOurs: true,
      isTypeOnly: false,
    });
    const inCosmos = edges.filter(({ from }) => from === 'shared/adapters/azure/cosmos-container.ts');
    const ofCosmos = inCosmos.filter(({ to }) => to === '@azure/cosmos');
    expect(ofCosmos.map(({ isTypeOnly }) => isTypeOnly)).toEqual([true, false]);
  });

  it('lead to files that exist', () => {
    const lost = edges.filter(({ isOurs, to }) => isOurs && !existsSync(join(root, to)));
    expect(lost).toEqual([]);
  });

  it.each([
    [
      'agent/door.ts',
      `import { createAgent } from '#functions/http/agent.ts';`,
      'agent/door.ts imports functions/http/agent.ts',
    ],
    [
      'orchestrations/install-extension/orchestrator.ts',
      `const { createHash } = await import('node:crypto');`,
      'orchestrations/install-extension/orchestrator.ts imports node:crypto',
    ],
    [
      'functions/http/machines.ts',
      `export type { Arm } from '#shared/adapters/azure/arm-client.ts';`,
      'functions/http/machines.ts imports types of shared/adapters/azure/arm-client.ts',
    ],
    [
      'shared/ports/message-bus.ts',
      `import { documentId } from '#shared/domain/documents.ts';`,
      'shared/ports/message-bus.ts imports shared/domain/documents.ts',
    ],
    [
      'shared/adapters/azure/pem.ts',
      `type Frame = import('../relay/handshake.ts').Frame;`,
      'shared/adapters/azure/pem.ts imports types of shared/adapters/relay/handshake.ts',
    ],
    [
      'local/cosmos/server.ts',
      `import { openVault } from '#local/key-vault/key-vault.ts';`,
      'local/cosmos/server.ts imports local/key-vault/key-vault.ts',
    ],
    ['lost/file.ts', `import 'zod';`, 'lost/file.ts imports zod, and no row of the matrix names it'],
  ])('that break the matrix are named: %s', (file, source, expected) => {
    expect(violations(importsOf(file, source))).toEqual([expected]);
  });

  it('keep to the matrix', () => {
    expect(violations(edges)).toEqual([]);
  });

  it('lead to no test and no benchmark', () => {
    const outside = edges.filter(
      ({ from, to }) => /^(tests|bench)\//.test(to) && !/^(tests|bench)\//.test(from),
    );
    expect(outside).toEqual([]);
  });
});

describe('the layout', () => {
  /** Folders with what each is for: programs have code, `cli` says what will be there. */
  const folders = [
    ...codeFolders,
    'docs',
    'docs/decisions',
    ...['domain', 'ports', 'protocol', 'runtime'].map((name) => `shared/${name}`),
    ...['azure', 'acme', 'relay', 'tls'].map((name) => `shared/adapters/${name}`),
    ...[
      'kit',
      'functions-host',
      'service-bus',
      'cosmos',
      'key-vault',
      'resource-manager',
      'entra',
      'relay',
      'dns',
      'certificate-authority',
      'sample-machine',
    ].map((name) => `local/${name}`),
  ];

  const contents = (folder: string) => {
    const path = join(root, folder);
    return existsSync(path) ? readdirSync(path) : [];
  };

  it('has every folder, and something in it', () => {
    expect(folders.filter((folder) => contents(folder).length === 0)).toEqual([]);
  });

  it('explains each stand-in in a README of its own', () => {
    const standIns = folders.filter((folder) => /^local\/(?!kit$)/.test(folder));
    expect(standIns).toHaveLength(10);
    expect(standIns.filter((folder) => !contents(folder).includes('README.md'))).toEqual([]);
  });

  it('has no file of more than 300 lines', () => {
    const long = files.filter((file) => readSource(file).trimEnd().split('\n').length > 300);
    expect(files.length).toBeGreaterThan(300);
    expect(long).toEqual([]);
  });
});

describe('docs/dependencies.md', () => {
  const declared = JSON.parse(readSource('package.json')) as Record<string, Record<string, string>>;

  it.each(['dependencies', 'devDependencies'])('lists every package of %s with its version', (heading) => {
    const versions = Object.entries(listedPackages(heading)).map(([name, { version }]) => [name, version]);
    expect(Object.fromEntries(versions)).toEqual(declared[heading]);
  });

  it.each(['agent', 'proxy', 'cli', 'portal'])('names what %s imports and no more', (program) => {
    const programEdges = edges.filter(
      ({ from, to, isOurs }) => !isOurs && !to.startsWith('node:') && from.startsWith(`${program}/`),
    );
    const own = new Set(programEdges.map(({ to }) => to));
    // The tunnel's adapter, which agent and proxy share, brings its own.
    if (program === 'agent' || program === 'proxy') own.add('ws');
    expect(packagesOf(program).toSorted()).toEqual([...own].toSorted());
  });
});

describe('orchestrators', () => {
  const orchestrators = files.filter((file) => /^orchestrations\/[^/]+\/orchestrator\.ts$/.test(file));

  /** `new Date()` without an argument, `Date()` and `Date.now()`: the clock of whoever replays. */
  function clocksRead(file: string, source: string): number {
    let found = 0;
    new Visitor({
      NewExpression({ callee, arguments: given }) {
        if (callee.type === 'Identifier' && callee.name === 'Date' && given.length === 0) found += 1;
      },
      CallExpression({ callee }) {
        if (callee.type === 'Identifier' && callee.name === 'Date') found += 1;
      },
    }).visit(parseSync(file, source).program);
    return found;
  }

  it('are all found and read no clock but that of their context', () => {
    expect(orchestrators.length).toBeGreaterThanOrEqual(14);
    expect(clocksRead('x.ts', 'const a = new Date(); const b = Date(); const c = new Date(0);')).toBe(2);
    expect(orchestrators.filter((file) => clocksRead(file, readSource(file)) > 0)).toEqual([]);
  });
});
