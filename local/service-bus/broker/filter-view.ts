import type { Context } from '../sql/values.ts';
import type { Typed } from '../wire/rhea.ts';
import { itemsOf, mapEntries, scalarOf, sectionCodes, splitSections } from '../wire/sections.ts';

/** What filters look at, decoded once per message for all subscriptions of a topic. */
export interface FilterView {
  fields: readonly Typed[];
  properties: ReadonlyMap<string, Typed>;
  /** The same for SQL, whose names of properties match without case. */
  context: Context;
}

export function filterViewOf(bare: Buffer): FilterView {
  const sections = splitSections(bare);
  const find = (code: number) => sections.find((section) => section.code === code)?.value;
  const fields = itemsOf(find(sectionCodes.properties));
  const properties = new Map(mapEntries(find(sectionCodes.applicationProperties)));
  const byLowerCase = new Map([...properties].map(([name, value]) => [name.toLowerCase(), value]));
  return {
    fields,
    properties,
    context: {
      user(name) {
        const value = byLowerCase.get(name.toLowerCase());
        return value && { value: scalarOf(value) };
      },
      system: (index) => scalarOf(fields[index]),
    },
  };
}
