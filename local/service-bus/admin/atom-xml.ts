import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { ServiceBusError } from '../service-bus-error.ts';

/** Elements of a parsed document by local name; attributes begin with `@`, text is `#text`. */
export type Xml = string | { readonly [name: string]: Xml | readonly Xml[] | undefined };

const serviceNamespace = 'http://schemas.microsoft.com/netservices/2010/10/servicebus/connect';
const instanceNamespace = 'http://www.w3.org/2001/XMLSchema-instance';

/** Clients write prefixes of their own (`p4:type`, `d2p1:Value`), so names are read without them. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  processEntities: true,
});
const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressEmptyNode: false,
});

const malformed = () => new ServiceBusError('argument', 'The request body is not a valid ATOM entry.');

export function parseXml(text: string): Xml {
  // A document type could define entities that unfold without end; no client sends one.
  if (/<!DOCTYPE/i.test(text)) throw malformed();
  try {
    return parser.parse(text, true) as Xml;
  } catch {
    throw malformed();
  }
}

export function child(xml: Xml | readonly Xml[] | undefined, ...names: string[]): Xml | undefined {
  let found: Xml | readonly Xml[] | undefined = xml;
  for (const name of names) {
    const one: Xml | undefined = Array.isArray(found) ? found[0] : (found as Xml | undefined);
    found = typeof one === 'object' ? one[name] : undefined;
  }
  return Array.isArray(found) ? found[0] : (found as Xml | undefined);
}

export function children(xml: Xml | undefined, name: string): readonly Xml[] {
  const found = typeof xml === 'object' ? xml[name] : undefined;
  if (found === undefined) return [];
  return Array.isArray(found) ? (found as readonly Xml[]) : [found as Xml];
}

export function textOf(xml: Xml | undefined): string | undefined {
  if (typeof xml === 'string') return xml;
  const text = xml?.['#text'];
  return typeof text === 'string' ? text : undefined;
}

export const attributeOf = (xml: Xml | undefined, name: string): string | undefined =>
  textOf(child(xml, `@${name}`));

/** The type name behind a prefix: `SqlFilter` of `p4:SqlFilter`. */
export const localName = (name: string | undefined): string | undefined => name?.replace(/^.*:/, '');

export interface AtomEntry {
  /** Absolute URL of the resource. */
  id: string;
  title: string;
  updatedAt: number;
  /** Name of the description element, and what is in it. */
  element: string;
  content: Readonly<Record<string, unknown>>;
}

const entryBody = ({ id, title, updatedAt, element, content }: AtomEntry) => ({
  id,
  title: { '@type': 'text', '#text': title },
  published: new Date(updatedAt).toISOString(),
  updated: new Date(updatedAt).toISOString(),
  link: { '@rel': 'self', '@href': id },
  content: {
    '@type': 'application/xml',
    [element]: { '@xmlns': serviceNamespace, '@xmlns:i': instanceNamespace, ...content },
  },
});

const atom = { '@xmlns': 'http://www.w3.org/2005/Atom' };

export const renderEntry = (entry: AtomEntry): string =>
  builder.build({ entry: { ...atom, ...entryBody(entry) } });

/** `next` is the URL of the following page. */
export function renderFeed(id: string, title: string, entries: readonly AtomEntry[], next?: string): string {
  const links = [{ '@rel': 'self', '@href': id }, ...(next ? [{ '@rel': 'next', '@href': next }] : [])];
  return builder.build({
    feed: {
      ...atom,
      title: { '@type': 'text', '#text': title },
      id,
      link: links,
      entry: entries.map(entryBody),
    },
  });
}

export const renderError = (status: number, detail: string): string =>
  builder.build({ Error: { Code: String(status), Detail: detail } });
