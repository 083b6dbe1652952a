import type { FunctionMetadata } from '../function-metadata.ts';
import type { InvocationRequest, InvocationResponse } from '../rpc-data.ts';
import type { AppLog, LogCategory, LogLevel } from './app-log.ts';

export type FunctionCallback = (...inputs: unknown[]) => unknown;

/** The library's invocation context; orchestrators get `df` from durable-functions. */
export interface LibraryContext {
  invocationId: string;
  functionName: string;
  df?: { isReplaying?: boolean };
}

export interface CoreInvocationContext {
  invocationId: string;
  request: InvocationRequest & { invocationId: string; functionId: string };
  metadata: FunctionMetadata;
  /** Read by the library to decide whether a late `context.log` deserves its warning. */
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

interface InvocationModel {
  getArguments(): Promise<{ context: LibraryContext; inputs: unknown[] }>;
  invokeFunction(context: LibraryContext, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: LibraryContext, result: unknown): Promise<InvocationResponse>;
}

interface ProgrammingModel {
  name: string;
  version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

export interface RegisteredFunction {
  id: string;
  metadata: FunctionMetadata;
  callback: FunctionCallback;
}

type HookName = 'preInvocation' | 'postInvocation' | 'appStart' | 'appTerminate' | 'log';
type Hook = (context: object) => unknown;

/** What a registering app has told the host, and the object that it told it through. */
export interface CoreRegistry {
  readonly functions: Map<string, RegisteredFunction>;
  readonly hooks: Record<HookName, Hook[]>;
  /** One object for the whole app, shared by all hooks. */
  readonly appHookData: object;
  readonly log: AppLog;
  model: ProgrammingModel | undefined;
  locked: boolean;
  /** Opens registration once more: what is registered now takes the place of functions of the same name. */
  reopen(): void;
  /** The exports of the module `@azure/functions-core`. */
  readonly api: object;
}

/** The library tells the host's own errors from the app's by this flag. */
class SystemError extends Error {
  readonly isAzureFunctionsSystemError = true;
}

class UnknownHook extends RangeError {
  readonly isAzureFunctionsSystemError = true;
}

class Disposable {
  #release: (() => unknown) | undefined;
  constructor(release: () => unknown) {
    this.#release = release;
  }
  static from(...parts: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => parts.forEach((part) => part.dispose()));
  }
  dispose(): unknown {
    const release = this.#release;
    this.#release = undefined;
    return release?.();
  }
}

export function createCoreRegistry(log: AppLog): CoreRegistry {
  /** Names that were registered before the registry was opened once more. */
  const replaceable = new Set<string>();
  const functions = new Map<string, RegisteredFunction>();
  const hooks: CoreRegistry['hooks'] = {
    preInvocation: [],
    postInvocation: [],
    appStart: [],
    appTerminate: [],
    log: [],
  };
  const requireUnlocked = (what: string) => {
    if (registry.locked) throw new SystemError(`${what} is only possible while the app starts.`);
  };
  const api = {
    version: '3.9.1',
    get hostVersion() {
      return '4.1037.0.0';
    },
    Disposable,
    setProgrammingModel(model: ProgrammingModel) {
      requireUnlocked('Setting the programming model');
      if (registry.model)
        log.write(
          'warning',
          'system',
          'two copies of @azure/functions are loaded: what the first one set up (streaming, capabilities) is lost',
        );
      registry.model = model;
    },
    getProgrammingModel: () => registry.model,
    registerFunction(metadata: FunctionMetadata & { functionId?: string }, callback: FunctionCallback) {
      requireUnlocked('Registering a function');
      const id = metadata.functionId ?? metadata.name;
      if (functions.has(id) && !replaceable.delete(id))
        throw new SystemError(`A function with id "${id}" has already been registered.`);
      functions.set(id, { id, metadata, callback });
      return new Disposable(() => {
        requireUnlocked('Disposing a function');
        functions.delete(id);
      });
    },
    registerHook(name: string, callback: Hook) {
      const list = Object.hasOwn(hooks, name) ? hooks[name as HookName] : undefined;
      if (!list) throw new UnknownHook(`Unrecognized hook "${name}"`);
      list.push(callback);
      return new Disposable(() => {
        const at = list.indexOf(callback);
        if (at >= 0) list.splice(at, 1);
      });
    },
    log: (level: LogLevel, category: LogCategory, message: string) => log.write(level, category, message),
  };
  const registry: CoreRegistry = {
    functions,
    hooks,
    appHookData: {},
    log,
    model: undefined,
    locked: false,
    reopen() {
      registry.locked = false;
      for (const id of functions.keys()) replaceable.add(id);
    },
    api,
  };
  return registry;
}
