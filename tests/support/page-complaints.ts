import type { Page } from 'playwright-core';

/** Collects what the browser finds wrong with a page: uncaught errors, logged errors, content-security violations. */
export function watchPage(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    // A refused request is shown by the page itself; the browser logs each on its own.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return;
    complaints.push(`logged: ${message.text()}`);
  });
  void page.addInitScript(
    "document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))",
  );
  return complaints;
}
