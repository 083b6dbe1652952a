import { join } from 'node:path';
import { findProgram, isExecutable } from './command.ts';

const linux = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
];
const mac = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];
const windows = [
  'Chromium\\Application\\chrome.exe',
  'Google\\Chrome\\Application\\chrome.exe',
  'Microsoft\\Edge\\Application\\msedge.exe',
];

function onWindows(env: NodeJS.ProcessEnv): string[] {
  const folders = [env['LOCALAPPDATA'], env['ProgramFiles'], env['ProgramFiles(x86)']];
  return folders.flatMap((folder) => (folder ? windows.map((file) => join(folder, file)) : []));
}

/** Chromium, Chrome or Edge of this computer: ADMIN_CENTER_BROWSER first, then the usual places. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['ADMIN_CENTER_BROWSER'];
  if (named) return isExecutable(named) ? named : undefined;
  if (process.platform === 'darwin') return mac.find(isExecutable);
  if (process.platform === 'win32') return onWindows(env).find(isExecutable);
  return linux.map(findProgram).find((file) => file !== undefined);
}

export const browserIsMissing =
  'No Chromium, Chrome or Edge is here. Debian: apt-get install chromium; Ubuntu: Chrome’s or Edge’s own package. ADMIN_CENTER_BROWSER may name another.';
