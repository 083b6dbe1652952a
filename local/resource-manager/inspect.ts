import type { DatabaseSync } from 'node:sqlite';
import type { InspectedTable } from '#local/kit/stand-in.ts';
import type { Operations } from './operations.ts';

/** What a person who looks sees: how many of each type, and what is still under way. */
export function inspectResources(database: DatabaseSync, operations: Operations): InspectedTable[] {
  const counts = database
    .prepare('SELECT type, count(*) AS n FROM arm_resource GROUP BY type ORDER BY type')
    .all();
  return [
    {
      title: 'Resources',
      columns: ['type', 'count'],
      rows: counts.map((row) => [String(row['type']), Number(row['n'])]),
    },
    {
      title: 'Running operations',
      columns: ['operation', 'resource', 'since'],
      rows: operations
        .running()
        .map(({ id, resourceId, startedAt }) => [id, resourceId, new Date(startedAt).toISOString()]),
    },
  ];
}
