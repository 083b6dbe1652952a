import type { Edge } from './source-imports.ts';

/** Who may import what: the first row whose `files` fits a file holds for it. */
export interface MatrixRow {
  files: RegExp;
  /** Files of ours; `$1` stands for what the first group of `files` caught. */
  ours: readonly string[];
  /** Files of ours of which only types may be taken. */
  types?: readonly string[];
  /** Packages and `node:` modules; `*` is anything. */
  others: readonly string[];
  /** Packages and `node:` modules of which only types may be taken. */
  otherTypes?: readonly string[];
}

const platform = ['shared/ports/', 'shared/domain/', 'shared/protocol/', 'shared/runtime/'];
const standIn = ['shared/protocol/', 'shared/domain/', 'local/kit/'];

/** Rows name folders with a final slash and single files without one. Packages of programs: `docs/dependencies.md`. */
export const importMatrix = (packagesOf: (program: string) => readonly string[]): readonly MatrixRow[] => [
  {
    files: /^shared\/domain\/(machine-name|label)\.ts$/,
    ours: ['shared/domain/'],
    others: ['node:crypto'],
  },
  { files: /^shared\/domain\//, ours: ['shared/domain/'], others: [] },
  {
    // Ports speak of events and streams in the words of their contracts; nothing runs.
    files: /^shared\/ports\//,
    ours: [],
    types: [
      'shared/domain/',
      'shared/ports/',
      'shared/protocol/events.ts',
      'shared/protocol/notifications.ts',
    ],
    others: [],
    otherTypes: ['node:stream'],
  },
  {
    files: /^shared\/protocol\//,
    ours: ['shared/domain/', 'shared/protocol/'],
    others: ['zod', 'jose', 'node:crypto'],
  },
  { files: /^shared\/runtime\//, ours: ['shared/domain/', 'shared/runtime/'], others: ['node:*', 'zod'] },
  {
    files: /^(shared\/adapters\/azure)\//,
    ours: [...platform, '$1/'],
    others: ['@azure/*', '@azure-rest/core-client', 'zod', 'node:*'],
  },
  {
    files: /^(shared\/adapters\/relay)\//,
    ours: [...platform, '$1/'],
    others: ['ws', 'zod', 'node:*'],
  },
  { files: /^(shared\/adapters\/(?:acme|dns|tls))\//, ours: [...platform, '$1/'], others: ['zod', 'node:*'] },

  {
    // A flow may run another as a part of itself, and names the types of what it calls.
    files: /^orchestrations\/[^/]+\/orchestrator\.ts$/,
    ours: [
      'shared/domain/',
      'orchestrations/context.ts',
      'orchestrations/names.ts',
      'orchestrations/retry-policies.ts',
      'orchestrations/await-removal/orchestrator.ts',
      'orchestrations/install-extension/orchestrator.ts',
      'orchestrations/deliver-certificate/orchestrator.ts',
      'orchestrations/issue-in-turn/orchestrator.ts',
      'orchestrations/put-together/orchestrator.ts',
      'orchestrations/replace-certificate/orchestrator.ts',
      'orchestrations/take-back/orchestrator.ts',
      'orchestrations/issue-certificate/trouble.ts',
    ],
    types: ['orchestrations/'],
    others: [],
  },
  {
    files: /^(orchestrations\/[^/]+)\/activities\.ts$/,
    ours: [
      ...platform.slice(0, 3),
      'shared/runtime/log-events.ts',
      'orchestrations/records.ts',
      'orchestrations/requirements.ts',
      'orchestrations/decide-right.ts',
      'orchestrations/fleet-outlook.ts',
      'orchestrations/fleet-records.ts',
      'orchestrations/certificate-record.ts',
      'orchestrations/check-names.ts',
      'orchestrations/leave-queue.ts',
      'orchestrations/settle-port-rules.ts',
      'orchestrations/withdraw-name.ts',
      'orchestrations/found-before.ts',
      'orchestrations/retire-certificate.ts',
      'orchestrations/revoke-sessions.ts',
      'orchestrations/audit-trail.ts',
      'orchestrations/audited-update.ts',
      'orchestrations/session-record.ts',
      'orchestrations/lease-records.ts',
      'orchestrations/names.ts',
    ],
    types: [
      '$1/orchestrator.ts',
      'orchestrations/context.ts',
      'orchestrations/put-together/orchestrator.ts',
      'orchestrations/install-fleet-machine/orchestrator.ts',
    ],
    others: ['node:crypto'],
  },
  {
    // The chain's form is a contract: whoever has the key can check an export.
    files: /^orchestrations\/audit-[a-z]+\.ts$/,
    ours: ['shared/domain/', 'shared/protocol/', 'orchestrations/'],
    types: ['shared/ports/'],
    others: ['node:timers/promises'],
  },
  { files: /^orchestrations\/issue-certificate\/trouble\.ts$/, ours: ['shared/domain/'], others: [] },
  {
    files: /^orchestrations\/[^/]+\.ts$/,
    ours: ['shared/domain/', 'orchestrations/'],
    types: ['shared/ports/'],
    others: [],
  },

  {
    files: /^functions\/compos(?:ition|e-authorities)\.ts$/,
    ours: [...platform, 'shared/adapters/', 'functions/'],
    others: ['@azure/identity', 'node:*'],
  },
  {
    files: /^functions\//,
    ours: [...platform, 'orchestrations/', 'functions/'],
    others: ['@azure/functions', 'durable-functions', 'zod', 'jose', 'node:*'],
  },
  ...['agent', 'proxy', 'cli'].flatMap((program) => [
    {
      files: new RegExp(`^${program}/main\\.ts$`),
      ours: [...platform, 'shared/adapters/', `${program}/`],
      others: ['node:*', ...packagesOf(program)],
    },
    {
      files: new RegExp(`^${program}/`),
      ours: [...platform, `${program}/`],
      others: ['node:*', ...packagesOf(program)],
    },
  ]),
  {
    files: /^portal\//,
    ours: ['portal/'],
    types: ['shared/protocol/'],
    others: packagesOf('portal'),
  },

  { files: /^local\/kit\//, ours: standIn, others: ['*'] },
  // What puts the stand-ins together, and what is done with them: these are not stand-ins.
  {
    files: /^local\/(?:[^/]+\.ts$|(?:run|samples|main-job|browser)\/)/,
    ours: [...standIn, 'local/', 'tools/build.ts'],
    others: ['*'],
  },
  { files: /^(local\/[^/]+)\//, ours: [...standIn, '$1/'], others: ['*'] },
  // The twin's own composition root and what it is made of.

  {
    files: /^tools\//,
    ours: [
      'tools/',
      'agent/version.ts',
      'shared/',
      'local/',
      'proxy/',
      'functions/settings.ts',
      'cli/about.ts',
      'cli/command-table.ts',
      'cli/command.ts',
      'cli/exit-codes.ts',
      'cli/failure.ts',
      'cli/global-options.ts',
      'cli/help.ts',
    ],
    others: ['*'],
  },
  {
    files: /^(?:tests|bench)\//,
    ours: [
      'functions/',
      'orchestrations/',
      'shared/',
      'agent/',
      'proxy/',
      'portal/',
      'cli/',
      'local/',
      'tools/',
      'tests/',
      'bench/',
    ],
    others: ['*'],
  },
];

const within = (target: string, allowed: string): boolean =>
  allowed.endsWith('*')
    ? target.startsWith(allowed.slice(0, -1))
    : allowed.endsWith('/')
      ? target.startsWith(allowed)
      : target === allowed;

/** What is wrong with an edge, or undefined. A file that no row names may import nothing. */
export function violationOf(matrix: readonly MatrixRow[], edge: Edge): string | undefined {
  const arrow = `${edge.from} imports ${edge.isTypeOnly ? 'types of ' : ''}${edge.to}`;
  const row = matrix.find(({ files }) => files.test(edge.from));
  if (!row) return `${arrow}, and no row of the matrix names it`;
  const group = row.files.exec(edge.from)?.[1] ?? '';
  const values = edge.isOurs ? row.ours : row.others;
  const types = (edge.isOurs ? row.types : row.otherTypes) ?? [];
  const allowed = [...values, ...(edge.isTypeOnly ? types : [])].map((one) => one.replace('$1', group));
  return allowed.some((one) => within(edge.to, one)) ? undefined : arrow;
}
