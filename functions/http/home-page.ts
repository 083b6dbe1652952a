import { app } from '@azure/functions';
import { homePageText } from '#shared/protocol/home-page.ts';

/** The route matches the empty path alone (the host's own home page is switched off by a setting). */
export function registerHomePage(): void {
  app.http('homePage', {
    methods: ['GET'],
    route: '{ignored:maxlength(0)?}',
    authLevel: 'anonymous',
    handler: async () => ({
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: homePageText,
    }),
  });
}
