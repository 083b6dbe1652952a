import { type Binding, type FunctionMetadata, type LoadedApp, triggerOf } from './function-metadata.ts';
import { resolveSettings } from './host-settings.ts';

export type TriggerKind = 'http' | 'timer' | 'service-bus' | 'orchestration' | 'activity';

/** A function that the host serves, its settings resolved. */
export interface HostedFunction {
  name: string;
  kind: TriggerKind;
  /** Under which name the trigger's data is given. */
  bindingName: string;
  trigger: Binding;
  /** Names of the durable client inputs. */
  clientInputs: string[];
  metadata: FunctionMetadata;
}

/** The app uses something that this host does not serve; every finding names its function. */
export class UnservedApp extends Error {
  readonly findings: readonly string[];
  constructor(findings: readonly string[]) {
    super(`the app cannot be served:\n${findings.map((finding) => `  ${finding}`).join('\n')}`);
    this.findings = findings;
  }
}

const kinds = new Map<string, TriggerKind>([
  ['httptrigger', 'http'],
  ['timertrigger', 'timer'],
  ['servicebustrigger', 'service-bus'],
  ['orchestrationtrigger', 'orchestration'],
  ['activitytrigger', 'activity'],
]);

const clientTypes = new Set(['durableclient', 'orchestrationclient']);

/** Options in which the real host replaces `%NAME%`. */
const resolvable = ['schedule', 'queueName', 'topicName', 'subscriptionName', 'connection', 'route'];

const isNamed = (names: readonly string[], name: string) =>
  names.some((known) => known.toLowerCase() === name.toLowerCase());

function isDisabled(name: string, env: NodeJS.ProcessEnv): boolean {
  const value = env[`AzureWebJobs.${name}.Disabled`] ?? env[`AzureWebJobs__${name}__Disabled`];
  return value === '1' || value?.toLowerCase() === 'true';
}

/** What keeps one function from being served; nothing is guessed and nothing half-served. */
function* faultsOf({ bindings, retryOptions }: FunctionMetadata, trigger: Binding): Generator<string> {
  const kind = kinds.get(trigger.type.toLowerCase());
  if (!kind) yield `its trigger '${trigger.type}' is not served`;
  if (trigger['sdkBinding'] === true) yield 'sdkBinding (manual settlement) is not served';
  if (trigger['autoCompleteMessages'] === false) yield 'autoCompleteMessages: false is not served';
  if (kind === 'service-bus' && trigger['cardinality'] === 'many') yield "cardinality 'many' is not served";
  if (retryOptions) yield 'a retry policy of the function is not served (use the queue’s delivery count)';
  for (const [name, binding] of Object.entries(bindings)) {
    const type = binding.type.toLowerCase();
    const isClient = binding.direction === 'in' && clientTypes.has(type);
    const isReply = name === '$return' && type === 'http' && kind === 'http';
    if (binding !== trigger && !isClient && !isReply)
      yield `its ${binding.direction === 'in' ? 'input' : 'output'} binding '${binding.type}' is not served`;
  }
}

/** The functions of the app that are `allowed` and not disabled, in order of their names. Throws UnservedApp with everything that is wrong. */
export function createFunctionTable(
  app: LoadedApp,
  env: NodeJS.ProcessEnv,
  allowed?: readonly string[],
): HostedFunction[] {
  const findings: string[] = [];
  if (app.capabilities['HttpUri']) findings.push('the app switched HTTP streaming on, which is not served');
  const functions: HostedFunction[] = [];
  for (const metadata of app.functions) {
    const { name, bindings } = metadata;
    if (isDisabled(name, env) || (allowed && !isNamed(allowed, name))) continue;
    const { bindingName, trigger } = triggerOf(metadata);
    const kind = kinds.get(trigger.type.toLowerCase());
    const faults = [...faultsOf(metadata, trigger)];
    const resolved: Binding = { ...trigger };
    for (const option of resolvable) {
      const value = trigger[option];
      if (typeof value !== 'string') continue;
      try {
        resolved[option] = resolveSettings(value, env);
      } catch (error) {
        faults.push(error instanceof Error ? error.message : String(error));
      }
    }
    findings.push(...faults.map((fault) => `function '${name}': ${fault}`));
    if (!kind || faults.length) continue;
    const clientInputs = Object.entries(bindings)
      .filter(([, { type }]) => clientTypes.has(type.toLowerCase()))
      .map(([input]) => input);
    functions.push({ name, kind, bindingName, trigger: resolved, clientInputs, metadata });
  }
  if (findings.length) throw new UnservedApp(findings);
  return functions.toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}
