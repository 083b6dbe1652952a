/** An object for hooks: `fixed` members throw on assignment, `open` ones may be replaced by a hook. */
export function hookContext<Open extends object>(fixed: Record<string, unknown>, open: Open): Open {
  const context: Open = { ...open };
  for (const [name, value] of Object.entries(fixed)) {
    Object.defineProperty(context, name, {
      enumerable: true,
      get: () => value,
      set: () => {
        throw new TypeError(`Cannot assign to read only property '${name}'`);
      },
    });
  }
  return context;
}
