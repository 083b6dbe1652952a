// Plain JavaScript without dependencies, because it runs on whatever Node started npm: it installs what the
// lockfile says when that has changed, then runs the task under the project's own Node 24.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const marker = join(modules, '.lockfile-hash');
const isWindows = process.platform === 'win32';
const preload = ['--import', new URL('../local/kit/preload.mjs', import.meta.url).href];

/** Node's own arguments and the script of each task. */
const tasks = {
  start: [...preload, 'local/main.ts', 'start'],
  twin: [...preload, 'local/main.ts', 'twin'],
  browser: [...preload, 'local/main.ts', 'browser'],
  trust: [...preload, 'local/main.ts', 'trust'],
  untrust: [...preload, 'local/main.ts', 'untrust'],
  func: [...preload, 'local/main.ts', 'func'],
  test: ['tools/test.ts'],
  e2e: ['tools/test.ts', '--project', 'e2e'],
  strangers: ['tools/test.ts', '--project', 'strangers'],
  torture: ['tools/test.ts', '--project', 'torture'],
  fuzz: ['tools/test.ts', '--project', 'fuzz'],
  bench: [...preload, 'bench/main.ts'],
  requirements: ['tools/requirements.ts'],
  errors: ['tools/errors.ts'],
  'access-matrix': ['tools/access-matrix.ts'],
  settings: ['tools/settings.ts'],
  'command-line': ['tools/command-line.ts'],
  routes: ['tools/routes.ts'],
};

function fail(message) {
  console.error(message);
  process.exit(2);
}

/** Runs to the end; Ctrl-C reaches the child through the terminal, and we wait for its own clean-up. */
function run(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      env,
      shell: isWindows && command === 'npm',
    });
    const pass = (signal) => child.kill(signal);
    // From a terminal the whole group gets the signal; from a service manager only this process does.
    const forward = process.stdin.isTTY ? () => {} : pass;
    process.on('SIGINT', forward);
    process.on('SIGTERM', pass);
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + (signal ? (constants.signals[signal] ?? 0) : 0)),
    );
  });
}

async function install() {
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return;
  console.error('Installing the packages of package-lock.json (about a minute, once).');
  const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], process.env);
  if (code !== 0) fail(`npm ci ended with ${code}; its message is above. Check the network and try again.`);
  writeFileSync(marker, hash);
}

const [task, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(tasks, task ?? ''))
  fail(`Usage: node tools/bootstrap.mjs <${Object.keys(tasks).join('|')}> [options]`);
if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Node 20 or newer is needed; this is ${process.version}.`);

await install();
const bin = join(modules, '.bin');
const node = join(modules, 'node', 'bin', isWindows ? 'node.exe' : 'node');
if (!existsSync(node)) fail('The project’s own Node is missing: delete node_modules and try again.');
// npm leaves its own variables behind; the children need none of them.
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, NODE_NO_WARNINGS: '1' };
process.exit(await run(node, [...tasks[task], ...rest], env));
