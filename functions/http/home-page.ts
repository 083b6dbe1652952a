import { app } from '@azure/functions';

/** Requirement 106, to the letter: it is the documented connectivity test from inside a machine. */
const homePage =
  "You've found the Windows Admin Center in Azure APIs' home page. Please use the Azure portal to manage your virtual machines with Windows Admin Center.";

/** The route matches the empty path alone (the host's own home page is switched off by a setting). */
export function registerHomePage(): void {
  app.http('homePage', {
    methods: ['GET'],
    route: '{ignored:maxlength(0)?}',
    authLevel: 'anonymous',
    handler: async () => ({
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: homePage,
    }),
  });
}
