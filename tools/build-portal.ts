import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const from = fileURLToPath(new URL('../portal', import.meta.url));

interface Scripts {
  entry: string;
  /** What the entry imports before it runs: asked for together with it. */
  imported: readonly string[];
}

async function bundleScript(to: string): Promise<Scripts> {
  const build = await rolldown({
    input: { main: join(from, 'main.tsx') },
    platform: 'browser',
    onLog: (level, log, report) => report(level === 'warn' ? 'error' : level, log),
  });
  const { output } = await build.write({
    dir: to,
    format: 'esm',
    minify: true,
    entryFileNames: '[name].[hash].js',
    chunkFileNames: '[name].[hash].js',
    // What several screens share is one file; each screen that is not waited for is one of its own.
    codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
  });
  await build.close();
  const [{ fileName, imports }] = output;
  return { entry: fileName, imported: imports };
}

/** One file of what `style.css` imports, in that order: one request, and nothing to resolve in the browser. */
async function bundleStyle(to: string): Promise<string> {
  const entry = await readFile(join(from, 'style.css'), 'utf8');
  const files = [...entry.matchAll(/^@import (['"])(.+)\1;$/gm)].map(([, , file = '']) => join(from, file));
  if (files.length === 0) throw new Error('portal/style.css imports nothing');
  const style = (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
  const name = `style.${createHash('sha256').update(style).digest('hex').slice(0, 8)}.css`;
  await writeFile(join(to, name), style);
  return name;
}

/** Builds the portal into a folder. The page names script and style by their hashes, so both may be cached for ever. */
export async function buildPortal(to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const stale = (await readdir(to)).filter((file) => /\.(js|css)$/.test(file));
  if (stale.length > 0) throw new Error(`${to} holds an older build: ${stale.join(', ')}`);
  const [script, style] = await Promise.all([bundleScript(to), bundleStyle(to)]);
  const page = await readFile(join(from, 'index.html'), 'utf8');
  const preloads = script.imported
    .map((file) => `    <link rel="modulepreload" href="/portal/${file}" />\n`)
    .join('');
  await writeFile(
    join(to, 'index.html'),
    page
      .replace('    <script', `${preloads}    <script`)
      .replace('./main.tsx', `/portal/${script.entry}`)
      .replace('./style.css', `/portal/${style}`),
  );
  await copyFile(join(from, 'icon.svg'), join(to, 'icon.svg'));
}
