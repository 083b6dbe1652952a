import { spawn } from 'node:child_process';

type Environment = Readonly<Record<string, string | undefined>>;

/** The system's own way to open an address; undefined where no browser can be shown. */
export function browserCommand(
  platform: NodeJS.Platform,
  env: Environment,
  url: string,
): readonly [file: string, ...args: string[]] | undefined {
  // Whatever sent it: nothing but a page is ever handed to the system.
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return undefined;
  if (platform === 'darwin') return ['open', url];
  // Not `start`: the shell would read the ampersands of the address.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open', url] : undefined;
}

/** Starts the browser and lets it go; false when there is none. */
export function openInBrowser(url: string): boolean {
  const [file, ...args] = browserCommand(process.platform, process.env, url) ?? [];
  if (file === undefined) return false;
  const child = spawn(file, args, { stdio: 'ignore', detached: true });
  // The address is printed too, so a person can go on without it.
  child.once('error', () => undefined);
  child.unref();
  return child.pid !== undefined;
}
