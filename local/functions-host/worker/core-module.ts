import Module from 'node:module';

const coreModuleName = '@azure/functions-core';

/**
 * Answers every `require('@azure/functions-core')` of this process with `api`. No such package exists: the
 * library asks for it lazily, once, and remembers a failure, so this must run before any app file is loaded.
 */
export function provideCoreModule(api: object): void {
  const original = Module.prototype.require;
  Module.prototype.require = Object.assign(function (this: NodeJS.Module, id: string): unknown {
    return id === coreModuleName ? api : (original.call(this, id) as unknown);
  }, original);
}
