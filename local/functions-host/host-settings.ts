import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LogLevels, logLevels } from './log-levels.ts';

interface JsonObject {
  [key: string]: Json | undefined;
}
type Json = null | boolean | number | string | Json[] | JsonObject;

export interface ServiceBusSettings {
  maxConcurrentCalls: number;
  maxConcurrentSessions: number;
  prefetchCount: number;
  maxAutoLockRenewalMs: number;
  /** A session without messages for this long is given up, and the next one accepted. */
  sessionIdleTimeoutMs: number;
}

export interface HttpSettings {
  /** Functions that answer requests at once; the others wait. Undefined is no limit. */
  maxConcurrentRequests: number | undefined;
  /** Requests that run or wait; one more is 429. */
  maxOutstandingRequests: number | undefined;
  /** Put on every reply. */
  customHeaders: Readonly<Record<string, string>>;
}

export interface HostSettings {
  /** Undefined is no limit. */
  functionTimeoutMs: number | undefined;
  routePrefix: string;
  hubName: string;
  maxConcurrentActivities: number | undefined;
  maxConcurrentOrchestrators: number | undefined;
  serviceBus: ServiceBusSettings;
  http: HttpSettings;
  /** The functions that are served, or undefined for all. */
  functions: readonly string[] | undefined;
  logLevels: LogLevels;
}

const overridePrefix = 'AzureFunctionsJobHost__';

/** What changes how an app behaves and is not here; other unknown settings have no meaning on this host. */
const unserved: readonly (readonly [readonly string[], Json])[] = [
  // Manual settlement.
  [['extensions', 'serviceBus', 'autoCompleteMessages'], false],
  [['extensions', 'serviceBus', 'enableCrossEntityTransactions'], true],
  [['extensions', 'http', 'hsts', 'isEnabled'], true],
  [['extensions', 'http', 'dynamicThrottlesEnabled'], true],
  [['concurrency', 'dynamicConcurrencyEnabled'], true],
];

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseOverride(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The member whose name differs in case at most: host.json and its overrides are read like that. */
function memberName(object: JsonObject, name: string): string {
  return Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase()) ?? name;
}

function applyOverrides(root: JsonObject, env: NodeJS.ProcessEnv): void {
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.toLowerCase().startsWith(overridePrefix.toLowerCase())) continue;
    const path = name.slice(overridePrefix.length).split('__');
    const last = path.pop();
    if (!last) continue;
    let target = root;
    for (const part of path) {
      const key = memberName(target, part);
      const existing = target[key];
      const next: JsonObject = isObject(existing) ? existing : {};
      target[key] = next;
      target = next;
    }
    target[memberName(target, last)] = parseOverride(text);
  }
}

function at(root: JsonObject, ...path: string[]): Json | undefined {
  let value: Json | undefined = root;
  for (const part of path) value = isObject(value) ? value[memberName(value, part)] : undefined;
  return value;
}

/** Milliseconds of a .NET TimeSpan text (`[d.]hh:mm:ss`); undefined when it is none. */
export function timeSpanMs(text: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$/.exec(text.trim());
  if (!match) return undefined;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

/** Replaces `%NAME%` by the setting NAME; throws when there is none. */
export function resolveSettings(text: string, env: NodeJS.ProcessEnv): string {
  return text.replaceAll(/%([^%]+)%/g, (_, name: string) => {
    const value = env[name];
    if (value === undefined) throw new Error(`'%${name}%' does not resolve to a value: no such setting`);
    return value;
  });
}

/**
 * host.json of the app with the overrides of the environment (`AzureFunctionsJobHost__a__b`). Throws with the
 * name of the setting that it cannot use.
 */
export function readHostSettings(appDirectory: string, env: NodeJS.ProcessEnv): HostSettings {
  const file = join(appDirectory, 'host.json');
  if (!existsSync(file)) throw new Error(`${file} is missing`);
  const root = JSON.parse(readFileSync(file, 'utf8')) as JsonObject;
  applyOverrides(root, env);
  if (root['version'] !== '2.0') throw new Error(`${file} must say "version": "2.0"`);

  const text = (fallback: string, ...path: string[]): string => {
    const value = at(root, ...path) ?? fallback;
    if (typeof value !== 'string') throw new Error(`host.json: ${path.join('.')} must be a text`);
    return resolveSettings(value, env);
  };
  const count = (...path: string[]): number | undefined => {
    const value = at(root, ...path);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
      throw new Error(`host.json: ${path.join('.')} must be a whole number`);
    return value;
  };
  const span = (fallback: string, ...path: string[]): number => {
    const ms = timeSpanMs(text(fallback, ...path));
    if (ms === undefined) throw new Error(`host.json: ${path.join('.')} must be a time span hh:mm:ss`);
    return ms;
  };
  const timeout = at(root, 'functionTimeout');
  const durable = ['extensions', 'durableTask'];
  const bus = ['extensions', 'serviceBus'];

  const hubName = text(env['WEBSITE_SITE_NAME'] ?? 'TestHubName', ...durable, 'hubName');
  if (!/^[a-z][a-z0-9]{2,44}$/i.test(hubName))
    throw new Error(
      `host.json: extensions.durableTask.hubName '${hubName}' must be 3 to 45 letters and digits`,
    );
  if (text('NonRunningStates', ...durable, 'overridableExistingInstanceStates') !== 'NonRunningStates')
    throw new Error('host.json: overridableExistingInstanceStates other than NonRunningStates is not served');
  for (const [path, value] of unserved)
    if (at(root, ...path) === value)
      throw new Error(`host.json: ${path.join('.')} ${JSON.stringify(value)} is not served`);

  const texts = (...path: string[]): [string, string][] => {
    const found = at(root, ...path) ?? {};
    if (!isObject(found)) throw new Error(`host.json: ${path.join('.')} must be an object`);
    return Object.entries(found).map(([name, value]) => {
      if (typeof value !== 'string') throw new Error(`host.json: ${path.join('.')}.${name} must be a text`);
      return [name, value];
    });
  };
  /** The HTTP limits say -1 for none. */
  const limit = (...path: string[]) => (at(root, ...path) === -1 ? undefined : count(...path));
  const functions = at(root, 'functions');
  if (
    functions !== undefined &&
    !(Array.isArray(functions) && functions.every((one) => typeof one === 'string'))
  )
    throw new Error('host.json: functions must be an array of names');
  const http = ['extensions', 'http'];
  return {
    functions: functions?.map(String),
    http: {
      maxConcurrentRequests: limit(...http, 'maxConcurrentRequests'),
      maxOutstandingRequests: limit(...http, 'maxOutstandingRequests'),
      customHeaders: Object.fromEntries(texts(...http, 'customHeaders')),
    },
    logLevels: new Map(
      texts('logging', 'logLevel').map(([name, text]) => {
        const level = logLevels.find((known) => known === text.toLowerCase());
        if (!level) throw new Error(`host.json: logging.logLevel.${name} '${text}' is no level`);
        return [name.toLowerCase(), level];
      }),
    ),
    functionTimeoutMs: timeout === '-1' || timeout === -1 ? undefined : span('00:30:00', 'functionTimeout'),
    routePrefix: text('api', 'extensions', 'http', 'routePrefix').replaceAll(/^\/|\/$/g, ''),
    hubName,
    maxConcurrentActivities: count(...durable, 'maxConcurrentActivityFunctions'),
    maxConcurrentOrchestrators: count(...durable, 'maxConcurrentOrchestratorFunctions'),
    serviceBus: {
      maxConcurrentCalls: count(...bus, 'maxConcurrentCalls') ?? 16,
      maxConcurrentSessions: count(...bus, 'maxConcurrentSessions') ?? 8,
      prefetchCount: count(...bus, 'prefetchCount') ?? 0,
      maxAutoLockRenewalMs: span('00:05:00', ...bus, 'maxAutoLockRenewalDuration'),
      sessionIdleTimeoutMs: span('00:01:00', ...bus, 'sessionIdleTimeout'),
    },
  };
}
