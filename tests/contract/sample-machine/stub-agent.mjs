// Stands in for the agent where only its process is of interest: it starts, says so, and stays until SIGTERM.
import { readFileSync } from 'node:fs';

const { port } = JSON.parse(readFileSync(process.argv[4], 'utf8'));
const say = (event, fields) => console.log(JSON.stringify({ event, ...fields }));
say('process.started', { version: '9.9.9' });
if (port === '1') {
  say('agent.state_unapplied', { error: { code: 'enrolment_refused', message: 'not this token' } });
} else say('agent.state_applied', { identity: process.env.IDENTITY_HEADER ?? 'none' });
const stay = setInterval(() => undefined, 1000);
process.once('SIGTERM', () => clearInterval(stay));
