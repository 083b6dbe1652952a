import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import { createLocalRoot } from '#local/kit/local-authority.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { startManagement } from '#local/management/management.ts';
import { createTimeMachine } from '#local/management/time-machine.ts';
import { hasChromium, launchBrowser } from '../../support/browser.ts';

const queues: StandIn = {
  name: 'queues',
  port: 5_671,
  calls: createCalls(),
  faults: createFaults(),
  operations: ['send'],
  faultKinds: ['status'],
  inspect: () => [{ title: 'Queues', columns: ['name', 'active'], rows: [['<b>orders</b>', 3]] }],
  close: async () => {},
};

it.runIf(hasChromium('the status page'))(
  'the status page shows what a service holds, switches its faults and moves the clock',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'status-'));
    const caFile = join(folder, 'root.pem');
    writeFileSync(caFile, (await createLocalRoot(Date.now())).cert);
    const timeMachine = await createTimeMachine(join(folder, 'clock.json'));
    const management = await startManagement({ port: 0, token: 'a+b=', standIns: [queues], timeMachine });
    const browser = await launchBrowser({ caFile });
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => void complaints.push(message.text()));
      page.on('pageerror', (error) => void complaints.push(error.message));
      await page.goto(`${management.url}/#token=${encodeURIComponent('a+b=')}`);
      await page.getByRole('cell', { name: '<b>orders</b>' }).waitFor();
      expect(page.url()).toBe(`${management.url}/`);
      await page.getByLabel('Count').fill('2');
      await page.getByRole('button', { name: 'Switch on' }).click();
      await page.getByRole('cell', { name: 'status 503, count 2' }).waitFor();
      expect(queues.faults.list().get('*')).toEqual({ status: 503, count: 2 });
      await page.getByRole('button', { name: 'Switch off' }).click();
      await page.getByRole('cell', { name: 'none is switched on' }).waitFor();
      await page.getByRole('button', { name: '+ 1 day' }).click();
      await page.getByText('1 d ahead').waitFor();
      expect(timeMachine.clock.offsetMs()).toBe(86_400_000);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await management.close();
      await timeMachine.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
