import type { DatabaseSync } from 'node:sqlite';
import type { InspectedTable } from '#local/kit/stand-in.ts';

const byContainer = `
  SELECT databases.id AS database, containers.id AS container, containers.definition ->> '$.partitionKey.paths' AS paths,
    containers.number AS number, containers.lsn AS lsn, count(items.place) AS documents
  FROM cosmos_containers AS containers
  JOIN cosmos_databases AS databases ON databases.number = containers.database
  LEFT JOIN cosmos_items AS items ON items.container = containers.number
  GROUP BY containers.number ORDER BY database, container`;
const newestDocuments = `
  SELECT partition, id, length(body) AS characters FROM cosmos_items
  WHERE container = ? ORDER BY lsn DESC, place DESC LIMIT 20`;
const emptyDatabases = `
  SELECT id AS database FROM cosmos_databases
  WHERE number NOT IN (SELECT database FROM cosmos_containers) ORDER BY id`;

interface DocumentRow {
  partition: string;
  id: string;
  characters: number;
}

interface ContainerRow {
  number: number;
  database: string;
  container: string;
  paths: string;
  lsn: number;
  documents: number;
}

/** Databases, containers, the documents written last in each, and how often each query fanned out over all partitions. */
export function inspectAccount(store: DatabaseSync, crossPartition: readonly string[]): InspectedTable[] {
  const containers = store.prepare(byContainer).all() as unknown as ContainerRow[];
  const empty = store.prepare(emptyDatabases).all() as unknown as Pick<ContainerRow, 'database'>[];
  const newest = store.prepare(newestDocuments);
  const counts = new Map<string, number>();
  for (const text of crossPartition) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [
    {
      title: 'Containers',
      columns: ['database', 'container', 'partition key', 'documents', 'writes'],
      rows: [
        ...containers.map(({ database, container, paths, documents, lsn }) => [
          database,
          container,
          (JSON.parse(paths) as string[]).join(', '),
          documents,
          lsn,
        ]),
        ...empty.map(({ database }) => [database, '', '', 0, 0]),
      ],
    },
    {
      title: 'Documents written last',
      columns: ['database', 'container', 'partition', 'id', 'characters'],
      rows: containers.flatMap(({ database, container, number }) =>
        (newest.all(number) as unknown as DocumentRow[]).map(({ partition, id, characters }) => [
          database,
          container,
          partition,
          id,
          characters,
        ]),
      ),
    },
    {
      title: 'Cross-partition queries',
      columns: ['query', 'times'],
      rows: [...counts].sort(([, a], [, b]) => b - a),
    },
  ];
}
