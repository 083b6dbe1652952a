/** One binding as the programming model registers it: its options, flat, beside type and direction. */
export interface Binding {
  type: string;
  direction: 'in' | 'out';
  [option: string]: unknown;
}

/** What an app registers for one function; plain JSON, so that it crosses the process boundary. */
export interface FunctionMetadata {
  name: string;
  bindings: Record<string, Binding>;
  retryOptions?: Record<string, unknown> | undefined;
}

/** What the app process says once it has loaded the app. */
export interface LoadedApp {
  functions: FunctionMetadata[];
  /** String flags; `HttpUri` appears when the app switched HTTP streaming on. */
  capabilities: Record<string, string>;
}

/** The name and options of the trigger. Binding names are generated, so they are read and never assumed. */
export function triggerOf(metadata: FunctionMetadata): { bindingName: string; trigger: Binding } {
  const found = Object.entries(metadata.bindings).find(([, binding]) => /trigger$/i.test(binding.type));
  if (!found) throw new Error(`function '${metadata.name}' has no trigger`);
  return { bindingName: found[0], trigger: found[1] };
}
