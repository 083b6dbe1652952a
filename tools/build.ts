import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { buildAgentPackage } from './build-agent-package.ts';
import { buildPortal } from './build-portal.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What is deployed: a folder that needs no node_modules. */
const dist = join(root, 'dist');

interface Bundle {
  name: string;
  input: string;
  /** Module that the host provides at run time. */
  external?: string[];
  /** Everything in one file. */
  isWhole?: boolean;
}

const bundles: readonly Bundle[] = [
  { name: 'functions', input: 'functions/main.ts', external: ['@azure/functions-core'] },
  { name: 'proxy', input: 'proxy/main.ts' },
  { name: 'agent', input: 'agent/main.ts', isWhole: true },
  { name: 'cli', input: 'cli/main.ts' },
];

async function bundle({ name, input, external = [], isWhole = false }: Bundle): Promise<void> {
  const build = await rolldown({
    input: { main: join(root, input) },
    external,
    platform: 'node',
    onLog(level, log, report) {
      // Vendors' CommonJS is as it is; what concerns our own files is an error.
      if (level === 'warn' && !log.message.includes('node_modules')) report('error', log);
    },
  });
  await build.write({
    dir: join(dist, name),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].[hash].js',
    codeSplitting: !isWhole,
  });
  await build.close();
}

/** The app's root as a Functions host wants it. */
async function writeAppFiles(): Promise<void> {
  await copyFile(join(root, 'host.json'), join(dist, 'host.json'));
  const description = {
    name: 'admin-center-control-plane',
    private: true,
    type: 'module',
    main: 'functions/main.js',
  };
  await writeFile(join(dist, 'package.json'), `${JSON.stringify(description, null, 2)}\n`);
}

export async function build(): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  await Promise.all([...bundles.map(bundle), buildPortal(join(dist, 'portal')), writeAppFiles()]);
  await buildAgentPackage({
    to: join(dist, 'agent-package'),
    agent: join(dist, 'agent', 'main.js'),
    runtimes: process.env['ADMIN_CENTER_AGENT_RUNTIMES'],
  });
}

if (import.meta.main) {
  const start = performance.now();
  await build();
  console.log(`built dist/ in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
