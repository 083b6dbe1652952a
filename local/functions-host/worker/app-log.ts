export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
export type LogCategory = 'user' | 'system' | 'customMetric';

/** Where the worker side of the host writes: a pipe to the host process, or a test's array. */
export interface AppLog {
  write(level: LogLevel, category: LogCategory, message: string, functionName?: string): void;
}
