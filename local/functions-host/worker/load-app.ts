import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Binding, LoadedApp } from '../function-metadata.ts';
import type { CoreRegistry } from './core-api.ts';
import { hookContext } from './hook-context.ts';

/** What the Node worker offers; the values are text there as well. */
const workerCapabilities = {
  RawHttpBodyBytes: 'true',
  RpcHttpTriggerMetadataRemoved: 'true',
  RpcHttpBodyOnly: 'true',
  IgnoreEmptyValuedRpcHttpHeaders: 'true',
  UseNullableValueDictionaryForHttp: 'true',
  WorkerStatus: 'true',
  TypedDataCollection: 'true',
  HandlesWorkerTerminateMessage: 'true',
};

/**
 * Loads the files that package.json's `main` names (a glob, in sorted order), runs the appStart hooks and
 * locks registration. Rejects when no file matches or one fails to load.
 */
export async function loadApp(registry: CoreRegistry, appDirectory: string): Promise<LoadedApp> {
  const packageFile = join(appDirectory, 'package.json');
  const { main, type } = JSON.parse(readFileSync(packageFile, 'utf8')) as { main?: string; type?: string };
  if (!main) throw new Error(`${packageFile} has no "main"`);
  const files = globSync(main, { cwd: appDirectory }).toSorted();
  if (!files.length) throw new Error(`no file matches "main": "${main}" of ${packageFile}`);

  const requireFromApp = createRequire(packageFile);
  for (const file of files) {
    const path = join(appDirectory, file);
    const isModule = /\.m[jt]s$/.test(file) || (type === 'module' && !/\.c[jt]s$/.test(file));
    if (isModule) await import(pathToFileURL(path).href);
    else requireFromApp(path);
  }
  return finishStart(registry, appDirectory);
}

/** The part of a start after the app's files ran; separate for apps that register in the same process. */
export async function finishStart(registry: CoreRegistry, appDirectory: string): Promise<LoadedApp> {
  const context = hookContext(
    { hookData: {}, appHookData: registry.appHookData },
    { functionAppDirectory: appDirectory },
  );
  for (const hook of registry.hooks.appStart) await hook(context);
  const capabilities = await registry.model?.getCapabilities?.({ ...workerCapabilities });
  registry.locked = true;
  return { functions: describeFunctions(registry), capabilities: capabilities ?? workerCapabilities };
}

function describeFunctions(registry: CoreRegistry): LoadedApp['functions'] {
  return [...registry.functions.values()].map(({ metadata }) => ({
    name: metadata.name,
    // Options may hold what does not cross a process boundary; what JSON cannot say is no setting.
    bindings: JSON.parse(JSON.stringify(metadata.bindings)) as Record<string, Binding>,
    retryOptions: metadata.retryOptions,
  }));
}

export async function terminateApp(registry: CoreRegistry): Promise<void> {
  const context = hookContext({ hookData: {}, appHookData: registry.appHookData }, {});
  for (const hook of registry.hooks.appTerminate) await hook(context);
}
