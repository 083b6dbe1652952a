import { type Typed, types } from './rhea.ts';
import {
  encodeMapSection,
  encodeSection,
  itemsOf,
  mapEntries,
  sectionCodes,
  splitSections,
} from './sections.ts';

/** One field of the properties section by its position, or one application property; no value takes it away. */
export type MessageChange =
  | { field: number; value: Typed | undefined }
  | { property: string; value: Typed | undefined };

function changedFields(present: Typed | undefined, field: number, value: Typed | undefined): Buffer {
  const list = types.wrap_list(['']);
  const items: (Typed | undefined)[] = [...itemsOf(present)];
  items[field] = value;
  // A list has no holes: what was never set is null.
  list.value = Array.from(items, (item) => item ?? types.wrap(null));
  return encodeSection(sectionCodes.properties, list);
}

/** The bare message with that one change; every other value keeps its bytes' meaning. */
export function changeMessage(bare: Buffer, change: MessageChange): Buffer {
  const sections = splitSections(bare);
  const find = (code: number) => sections.find((section) => section.code === code);
  let properties = find(sectionCodes.properties)?.bytes ?? Buffer.alloc(0);
  let application = find(sectionCodes.applicationProperties)?.bytes ?? Buffer.alloc(0);
  if ('field' in change)
    properties = changedFields(find(sectionCodes.properties)?.value, change.field, change.value);
  else {
    const entries = new Map(mapEntries(find(sectionCodes.applicationProperties)?.value));
    if (change.value) entries.set(change.property, change.value);
    else entries.delete(change.property);
    application = encodeMapSection(sectionCodes.applicationProperties, entries, false);
  }
  const rest = sections.filter(({ code }) => code > sectionCodes.applicationProperties);
  return Buffer.concat([properties, application, ...rest.map(({ bytes }) => bytes)]);
}
