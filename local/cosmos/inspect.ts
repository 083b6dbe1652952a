import type { DatabaseSync } from 'node:sqlite';
import type { InspectedTable } from '#local/kit/stand-in.ts';

const byContainer = `
  SELECT databases.id AS database, containers.id AS container, containers.definition ->> '$.partitionKey.paths' AS paths,
    containers.lsn AS lsn, count(items.place) AS documents
  FROM cosmos_containers AS containers
  JOIN cosmos_databases AS databases ON databases.number = containers.database
  LEFT JOIN cosmos_items AS items ON items.container = containers.number
  GROUP BY containers.number ORDER BY database, container`;
const emptyDatabases = `
  SELECT id AS database FROM cosmos_databases
  WHERE number NOT IN (SELECT database FROM cosmos_containers) ORDER BY id`;

interface ContainerRow {
  database: string;
  container: string;
  paths: string;
  lsn: number;
  documents: number;
}

/** Databases, containers with their documents, and how often each query fanned out over all partitions. */
export function inspectAccount(store: DatabaseSync, crossPartition: readonly string[]): InspectedTable[] {
  const containers = store.prepare(byContainer).all() as unknown as ContainerRow[];
  const empty = store.prepare(emptyDatabases).all() as unknown as Pick<ContainerRow, 'database'>[];
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
      title: 'Cross-partition queries',
      columns: ['query', 'times'],
      rows: [...counts].sort(([, a], [, b]) => b - a),
    },
  ];
}
