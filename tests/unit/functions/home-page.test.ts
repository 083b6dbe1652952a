import { expect, it } from 'vitest';
import { registerHomePage } from '#functions/http/home-page.ts';
import { callFunction } from '../../support/function-app.ts';

registerHomePage();

it('requirement 106: the home page is this sentence, in plain text and without a line feed', async () => {
  const answer = await callFunction('homePage');
  expect(answer).toMatchObject({
    status: 200,
    body: "You've found the Windows Admin Center in Azure APIs' home page. Please use the Azure portal to manage your virtual machines with Windows Admin Center.",
  });
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
});

it('requirement 106: both of its apostrophes are ASCII 0x27', async () => {
  const { body } = await callFunction('homePage');
  const bytes = Buffer.from(String(body));
  expect([...bytes].filter((byte) => byte === 0x27)).toHaveLength(2);
  expect([...bytes].every((byte) => byte < 0x80)).toBe(true);
});
