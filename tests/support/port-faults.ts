import type { AppError } from '#shared/domain/error.ts';

export interface PortFaults {
  /** The next calls of this method (`dns.addTextValues`) are refused; without `times` all of them are. */
  fail(method: string, error: AppError, times?: number): void;
  /** Runs before each call of this method; a throw is the call's failure. */
  before(method: string, hook: () => Promise<void> | void): void;
  /** Runs before every call of every port, with the method's name; a throw is the call's failure. */
  watch(observer: ((method: string) => Promise<void> | void) | undefined): void;
  /** How often a method was called, refused calls included. */
  calls(method: string): number;
  /** The port, with its calls counted and refused as was asked. */
  guard<T extends object>(name: string, port: T): T;
}

/** Faults between the code under test and its ports in memory. */
export function createPortFaults(): PortFaults {
  const counts = new Map<string, number>();
  const hooks = new Map<string, () => Promise<void> | void>();
  let observe: ((method: string) => Promise<void> | void) | undefined;

  return {
    fail(method, error, times = Number.POSITIVE_INFINITY) {
      let left = times;
      hooks.set(method, () => {
        left -= 1;
        if (left >= 0) throw error;
      });
    },
    before: (method, hook) => void hooks.set(method, hook),
    watch: (observer) => void (observe = observer),
    calls: (method) => counts.get(method) ?? 0,
    guard: (name, port) =>
      new Proxy(port, {
        get(target, property, receiver) {
          const value: unknown = Reflect.get(target, property, receiver);
          if (typeof value !== 'function') return value;
          const method = `${name}.${String(property)}`;
          return async (...given: unknown[]): Promise<unknown> => {
            counts.set(method, (counts.get(method) ?? 0) + 1);
            await observe?.(method);
            await hooks.get(method)?.();
            return Reflect.apply(value, target, given) as unknown;
          };
        },
      }),
  };
}
