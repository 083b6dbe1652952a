import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What is deployed: a folder that needs no node_modules. */
const dist = join(root, 'dist');

interface Bundle {
  name: string;
  input: string;
  /** Module that the host provides at run time. */
  external?: string[];
  platform: 'node' | 'browser';
}

const bundles: readonly Bundle[] = [
  { name: 'functions', input: 'functions/main.ts', external: ['@azure/functions-core'], platform: 'node' },
  { name: 'proxy', input: 'proxy/main.ts', platform: 'node' },
  { name: 'agent', input: 'agent/main.ts', platform: 'node' },
  { name: 'portal', input: 'portal/main.tsx', platform: 'browser' },
];

async function bundle({ name, input, external = [], platform }: Bundle): Promise<void> {
  const isPage = platform === 'browser';
  const build = await rolldown({
    input: { main: join(root, input) },
    external,
    platform,
    ...(isPage && { transform: { jsx: { runtime: 'automatic', importSource: 'preact' } } }),
    onLog(level, log, report) {
      // Vendors' CommonJS is as it is; what concerns our own files is an error.
      if (level === 'warn' && !log.message.includes('node_modules')) report('error', log);
    },
  });
  await build.write({
    dir: join(dist, name),
    format: 'esm',
    minify: isPage,
    entryFileNames: isPage ? '[name].[hash].js' : '[name].js',
    chunkFileNames: '[name].[hash].js',
  });
  await build.close();
}

/** The page names its script and style by their hashes, so that both may be cached for ever. */
async function writePage(): Promise<void> {
  const from = join(root, 'portal');
  const to = join(dist, 'portal');
  const script = (await readdir(to)).find((file) => /^main\..+\.js$/.test(file));
  const style = await readFile(join(from, 'style.css'));
  const styleName = `style.${createHash('sha256').update(style).digest('hex').slice(0, 8)}.css`;
  await writeFile(join(to, styleName), style);
  const page = await readFile(join(from, 'index.html'), 'utf8');
  await writeFile(
    join(to, 'index.html'),
    page.replace('./main.tsx', `/portal/${script}`).replace('./style.css', `/portal/${styleName}`),
  );
  await copyFile(join(from, 'icon.svg'), join(to, 'icon.svg')).catch(() => {});
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
  await Promise.all(bundles.map(bundle));
  await Promise.all([writePage(), writeAppFiles()]);
}

if (import.meta.main) {
  const start = performance.now();
  await build();
  console.log(`built dist/ in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
