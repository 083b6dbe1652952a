/**
 * The documents of one machine. They share its partition, so that those which change together change in one
 * transactional batch. `type` and `key` make the id; a document that is the only one of its type has no key.
 */
export interface DocumentBase {
  machineId: string;
  /** Seconds after its last write when the store forgets it. */
  ttlSeconds?: number;
}
