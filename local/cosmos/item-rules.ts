import { badRequest, tooLarge, wrongPartitionKey } from './errors.ts';
import { isObject, type JsonObject } from './sql/values.ts';
import type { Container } from './storage/containers.ts';
import type { ItemDocument } from './storage/items.ts';
import { type PartitionKey, partitionKeyOf, partitionText } from './storage/partition-key.ts';

/** A document may have 2 MB as UTF-8 JSON. */
export const maxDocumentBytes = 2 * 1024 * 1024;

const maxIdBytes = 1023;

/** Checks a database's, container's or item's name. Throws 400. */
export function requireId(id: unknown): string {
  if (typeof id !== 'string' || id === '')
    throw badRequest(
      "The input content is invalid because the required properties - 'id; ' - are missing or empty.",
    );
  if (Buffer.byteLength(id) > maxIdBytes || /[/\\?#]/.test(id))
    throw badRequest(`The id must have at most ${maxIdBytes} bytes and none of / \\ ? #.`);
  return id;
}

/** A document as a client may write it. Throws 400 and 413. */
export function requireDocument(content: unknown): ItemDocument {
  if (!isObject(content)) throw badRequest('The request payload is invalid: a document is a JSON object.');
  const id = requireId(content['id']);
  const { ttl } = content;
  const isTtl =
    ttl === undefined || (typeof ttl === 'number' && Number.isInteger(ttl) && (ttl > 0 || ttl === -1));
  if (!isTtl)
    throw badRequest(`The input ttl '${JSON.stringify(ttl)}' is invalid. It must be -1 or at least 1.`);
  if (Buffer.byteLength(JSON.stringify(content)) > maxDocumentBytes) throw tooLarge();
  return { ...content, id };
}

/** The whole partition key that point operations and batches need. Throws 400. */
export function requireFullKey(container: Container, key: PartitionKey | undefined): PartitionKey {
  if (!key) throw badRequest('PartitionKey value must be supplied for this operation.');
  if (key.length !== container.partitionPaths.length)
    throw wrongPartitionKey(
      "Partition key provided either doesn't correspond to definition in the collection or doesn't match partition key field values specified in the document.",
    );
  return key;
}

/** The document must carry the key that the request names. Throws 400 with substatus 1001. */
export function requireSamePartition(container: Container, partition: string, document: JsonObject): void {
  if (partitionText(partitionKeyOf(document, container.partitionPaths)) !== partition)
    throw wrongPartitionKey(
      "PartitionKey extracted from document doesn't match the one specified in the header.",
    );
}
