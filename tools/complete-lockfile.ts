import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * npm leaves platform packages out of the lockfile when the registry in use does not offer them, and `npm ci` then
 * refuses the lockfile, here and on the platforms that need them. This adds the missing entries; system and
 * processor are read from their names, as their authors build them. Run it after `npm install`.
 */
const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));

interface Locked {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];

/** `@scope/binding-linux-arm64-musl` and the like; undefined when the name says nothing of a platform. */
function platformOf(name: string): Pick<Locked, 'os' | 'cpu' | 'libc'> | undefined {
  const words = name.split('/').at(-1)?.split(/[-.]/) ?? [];
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  if (!cpu || (!os && cpu !== 'wasm32')) return undefined;
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : undefined;
  return { cpu: [cpu], ...(os && { os: [os] }), ...(libc && { libc }) };
}

const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Locked> };

/** Where Node would look for `name` from a package at `path`, nearest first. */
function placesFrom(path: string, name: string): string[] {
  const parents = path.split('/node_modules/');
  const nested = parents.map(
    (_, index) => `${parents.slice(0, index + 1).join('/node_modules/')}/node_modules/${name}`,
  );
  return [...nested.toReversed(), `node_modules/${name}`];
}

let added = 0;
for (const [path, locked] of Object.entries({ ...lock.packages })) {
  for (const [name, version] of Object.entries(locked.optionalDependencies ?? {})) {
    const platform = platformOf(name);
    const places = placesFrom(path, name);
    const found = places.find((place) => lock.packages[place]);
    if (!platform || (found && lock.packages[found]?.version === version)) continue;
    // As high as it can go without hiding another version.
    const place = found ? places[Math.max(0, places.indexOf(found) - 1)] : places.at(-1);
    if (!place) continue;
    lock.packages[place] = { version, ...(locked.dev && { dev: true }), optional: true, ...platform };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} platform packages added`);
