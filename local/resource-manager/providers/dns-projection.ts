import type { DatabaseSync } from 'node:sqlite';
import type { DnsRecordSet, DnsRecordType, DnsZones } from '#local/kit/boundaries.ts';

/** `a.b.c` as `c.b.a`, so that everything below a name is one range. The apex `@` is ''. */
const reversed = (relativeName: string): string =>
  relativeName === '@' ? '' : relativeName.toLowerCase().split('.').toReversed().join('.');

/** Zones and record sets in the form that a name server asks for, written in the transaction of the resource. */
export interface DnsProjection extends DnsZones {
  putZone(zone: string): void;
  removeZone(zone: string): void;
  put(zone: string, relativeName: string, set: DnsRecordSet): void;
  remove(zone: string, relativeName: string, type: DnsRecordType): void;
  count(zone: string): number;
  /** Types that exist at a name, empty record sets included. */
  typesAt(zone: string, relativeName: string): readonly string[];
}

export function openDnsProjection(database: DatabaseSync): DnsProjection {
  database.exec(`
    CREATE TABLE IF NOT EXISTS arm_dns_zone (zone TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS arm_dns_set (
      zone TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, ttl INTEGER NOT NULL, content TEXT NOT NULL,
      PRIMARY KEY (zone, name, type)) STRICT, WITHOUT ROWID;`);
  const hasZone = database.prepare('SELECT 1 FROM arm_dns_zone WHERE zone = ?');
  const setsAt = database.prepare('SELECT type, ttl, content FROM arm_dns_set WHERE zone = ? AND name = ?');
  // '.' is followed by '/' in ASCII, so the range holds the names below and nothing else.
  const anyAtOrBelow = database.prepare(
    "SELECT 1 FROM arm_dns_set WHERE zone = ? AND content <> '[]' AND (name = ? OR (name > ? AND name < ?)) LIMIT 1",
  );
  const put = database.prepare(
    'INSERT OR REPLACE INTO arm_dns_set (zone, name, type, ttl, content) VALUES (?, ?, ?, ?, ?)',
  );
  const remove = database.prepare('DELETE FROM arm_dns_set WHERE zone = ? AND name = ? AND type = ?');
  const count = database.prepare('SELECT count(*) AS n FROM arm_dns_set WHERE zone = ?');

  return {
    zoneOf(name) {
      const labels = name.toLowerCase().replace(/\.$/, '').split('.');
      for (let at = 0; at < labels.length; at += 1) {
        const zone = labels.slice(at).join('.');
        if (hasZone.get(zone)) return zone;
      }
      return undefined;
    },
    recordSets(zone, relativeName) {
      const rows = setsAt.all(zone.toLowerCase(), reversed(relativeName));
      return rows
        .map((row) => ({
          type: String(row['type']) as DnsRecordType,
          ttlSeconds: Number(row['ttl']),
          values: JSON.parse(String(row['content'])) as string[],
        }))
        .filter(({ values }) => values.length > 0);
    },
    exists(zone, relativeName) {
      const name = reversed(relativeName);
      if (name === '') return hasZone.get(zone.toLowerCase()) !== undefined;
      return anyAtOrBelow.get(zone.toLowerCase(), name, `${name}.`, `${name}/`) !== undefined;
    },
    putZone: (zone) => void database.prepare('INSERT OR IGNORE INTO arm_dns_zone VALUES (?)').run(zone),
    removeZone(zone) {
      database.prepare('DELETE FROM arm_dns_zone WHERE zone = ?').run(zone);
      database.prepare('DELETE FROM arm_dns_set WHERE zone = ?').run(zone);
    },
    put: (zone, relativeName, set) =>
      void put.run(zone, reversed(relativeName), set.type, set.ttlSeconds, JSON.stringify(set.values)),
    remove: (zone, relativeName, type) => void remove.run(zone, reversed(relativeName), type),
    count: (zone) => Number(count.get(zone.toLowerCase())?.['n']),
    typesAt: (zone, relativeName) =>
      setsAt.all(zone.toLowerCase(), reversed(relativeName)).map((row) => String(row['type'])),
  };
}
