import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AgentProcess, createAgentProcess } from './agent-process.ts';
import { removeAllButOwners } from './owners-files.ts';
import { readText } from './private-file.ts';

/** The one line of a unit that this machine understands: Node, a program, `run --config` and a file. */
const execStart = /^ExecStart="[^"]+" "([^"]+)" run --config "([^"]+)"$/m;

/** A folder that scripts take for the root of the machine, and a `systemctl` that notes which services are to run. */
export interface ServiceControl {
  environment: NodeJS.ProcessEnv;
  /** Starts, restarts and stops what scripts asked for; at the start what was running before. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

const systemctl = (state: string) => `#!/bin/sh
# Notes which service is to run; the extension host of this sample machine sees to it.
verb=$1
for unit; do :; done
note='${state.replaceAll("'", String.raw`'\''`)}'/\${unit%.service}
case $verb in
  daemon-reload) ;;
  enable) case "$*" in *--now*) date +%s%N > "$note" ;; esac ;;
  start | restart) date +%s%N > "$note" ;;
  stop | disable) rm -f "$note" ;;
  is-active) [ -e "$note" ] ;;
  *)
    echo "systemctl: this sample machine cannot $*" >&2
    exit 1
    ;;
esac
`;

export async function createServiceControl(
  folder: string,
  machineRoot: string,
  log: (event: string, fields?: Record<string, unknown>) => void,
): Promise<ServiceControl> {
  const root = join(folder, 'root');
  const state = join(folder, 'services');
  const bin = join(folder, 'bin');
  for (const path of [root, state, bin]) await mkdir(path, { recursive: true, mode: 0o700 });
  await writeFile(join(bin, 'systemctl'), systemctl(state));
  await chmod(join(bin, 'systemctl'), 0o700);
  const running = new Map<string, { since: string; agent: AgentProcess }>();

  async function start(name: string, since: string): Promise<void> {
    const unit = await readText(join(root, 'etc/systemd/system', `${name}.service`));
    const [, entry, configFile] = execStart.exec(unit ?? '') ?? [];
    if (!entry || !configFile?.startsWith(`${root}/`)) {
      log('service.unreadable', { name });
      return;
    }
    const agent = createAgentProcess({
      entry,
      configFile,
      root: machineRoot,
      pidFile: join(folder, `${name}.pid`),
      logFile: join(folder, `${name}.log`),
      onEvent: () => undefined,
      onExit: (code, waitMs) => log('service.exited', { name, code, waitMs }),
    });
    running.set(name, { since, agent });
    await agent.start();
    log('service.started', { name });
  }

  return {
    environment: {
      // Node is found where this one is.
      PATH: [bin, dirname(process.execPath), process.env['PATH']].join(':'),
      HOME: root,
      ADMIN_CENTER_ROOT: root,
    },
    async settle() {
      const wanted = new Map<string, string>();
      for (const name of await readdir(state)) wanted.set(name, await readFile(join(state, name), 'utf8'));
      for (const [name, { since, agent }] of running) {
        if (wanted.get(name) === since) continue;
        await agent.stop();
        running.delete(name);
        log('service.stopped', { name });
        // What a removal took away may have been written once more by a program that was still running.
        if (!wanted.has(name)) await removeAllButOwners(join(root, 'var/lib', name));
      }
      for (const [name, since] of wanted) if (!running.has(name)) await start(name, since);
    },
    async stop() {
      for (const { agent } of running.values()) await agent.stop();
    },
  };
}
