import { writeFileSync } from 'node:fs';
import { routesPage } from './routes/page.ts';
import { routeTable } from './routes/table.ts';

/** What `docs/routes.md` has to be now; nothing is written. */
export const generateRoutes = (): string => routesPage(routeTable);

if (import.meta.main) {
  writeFileSync(new URL('../docs/routes.md', import.meta.url), generateRoutes());
  console.log(`docs/routes.md: ${routeTable.length} routes`);
}
