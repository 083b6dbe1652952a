import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPortal } from '#tools/build-portal.ts';

describe('the built portal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portal-build-'));
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  const named = (pattern: RegExp) => readdirSync(folder).filter((file) => pattern.test(file));
  beforeAll(() => buildPortal(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const compressed = (files: readonly string[]) =>
    files.reduce((sum, file) => sum + gzipSync(text(file)).length, 0);

  it('has at most 60 KiB of script, compressed, for the first screen', () => {
    const first = [...text('index.html').matchAll(/(?:src|href)="\/portal\/([^"]+\.js)"/g)].map(
      ([, file = '']) => file,
    );
    // What the entry imports before it runs is asked for with it.
    const entry = text(named(/^main\..*\.js$/)[0] ?? '');
    const imported = [...entry.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)].map(
      ([, file = '']) => file,
    );
    expect(imported.length).toBeGreaterThan(0);
    expect(first).toEqual(expect.arrayContaining(imported));
    expect(compressed(first)).toBeLessThan(60 * 1024);
  });

  it('has at most 8 KiB more for any other screen, and 100 KiB in all', () => {
    const scripts = named(/\.js$/);
    const later = scripts.filter((file) => !text('index.html').includes(file));
    expect(later.length).toBeGreaterThan(5);
    for (const file of later) expect([file, compressed([file]) < 8 * 1024]).toEqual([file, true]);
    expect(compressed(scripts)).toBeLessThan(100 * 1024);
  });

  it('names its script and its style by their hashes, and nothing from elsewhere', () => {
    const page = text('index.html');
    const [script, style] = [named(/^main\.[\w-]{8,}\.js$/), named(/^style\.[0-9a-f]{8}\.css$/)];
    expect(page).toContain(`src="/portal/${script[0]}"`);
    expect(page).toContain(`href="/portal/${style[0]}"`);
    expect(page).not.toMatch(/https?:|<style|<script>|\sstyle=|\son\w+=/);
  });

  it('has all styles in one file', () => {
    const style = text(named(/\.css$/)[0] ?? '');
    expect(style).not.toContain('@import');
    for (const name of ['--ground', '.top-bar', '.button', '.failure', '.table', '.chain', '.step']) {
      expect(style).toContain(name);
    }
  });
});
