import { programName } from '../about.ts';
import { defineCommand } from '../command.ts';
import { formatMoment } from '../text/moment.ts';
import { plain } from '../text/plain.ts';

export const login = defineCommand({
  words: 'login',
  summary: 'sign in, and stay signed in on this computer',
  arguments: {},
  options: {},
  flags: {
    'device-code': 'by a code that you type into a browser on any device',
    'stay-signed-in': 'keep a refresh token too: without it you sign in again when the access token ends',
  },
  notes: [
    'The access token, about an hour of it, is kept in a file that you alone can read (mode 0600), one for each control plane.',
    'A refresh token lasts for weeks and is kept only with --stay-signed-in: leave it out on computers of others.',
    'There is no keychain of the system in use: whoever can read your files can use the token. `logout` removes it.',
    'ADMIN_CENTER_TOKEN goes before what is kept. Without both, each command on a terminal signs in for itself.',
  ],
  examples: ['login', 'login --device-code', 'login --device-code --stay-signed-in'],
  async run({ api, output, signIns, names }, given) {
    const grant = await signIns.signIn({
      byCode: given.flags['device-code'] === true,
      stays: given.flags['stay-signed-in'] === true,
    });
    // Nothing is kept that the control plane does not accept.
    const { value } = await api.me();
    await signIns.kept.write(grant);
    await names.forget();
    const expiresAt = new Date(grant.expiresAt).toISOString();
    const stays = grant.refreshToken !== undefined;
    output.result(
      { id: value.id, name: value.name, tenantId: value.tenantId, expiresAt, staysSignedIn: stays },
      () =>
        `signed in as ${plain(value.name)}${stays ? ', until you log out' : ` until ${formatMoment(expiresAt)}`}`,
    );
    if (signIns.isGiven) output.note('ADMIN_CENTER_TOKEN is set and goes before it: unset it.');
    if (given.flags['stay-signed-in'] && !stays)
      output.note('The sign-in service gave no refresh token: you sign in again then.');
  },
});

export const logout = defineCommand({
  words: 'logout',
  summary: 'remove what `login` kept on this computer',
  arguments: {},
  options: {},
  flags: { all: 'of every control plane' },
  notes: [
    'A token that was copied meanwhile stays good until its end: an administrator of the tenant can revoke sign-ins.',
  ],
  examples: ['logout', 'logout --all'],
  async run({ output, signIns, names }, given) {
    await names.forget();
    const removed = given.flags.all ? await signIns.kept.removeAll() : Number(await signIns.kept.remove());
    output.result({ removed }, () => (removed > 0 ? 'signed out' : 'nobody was signed in'));
    if (signIns.isGiven) output.note(`ADMIN_CENTER_TOKEN is still set: ${programName} goes on with it.`);
  },
});
