import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';

/** Plain HTTP would show the enrolment token to the network; on loopback there is none. */
const isSafeOrigin = (text: string): boolean => {
  const { protocol, hostname } = new URL(text);
  const isLoopback = hostname === '127.0.0.1' || /(^|\.)localhost$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
};

const portText = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'must be the decimal text of a port')
  .refine((text) => Number(text) <= 65_535, 'must be at most 65535');

/** The file that the extension writes for the agent. Its settings, as the platform passes them on, and two paths. */
const settingsSchema = z
  .strictObject({
    /** Origin of the API. */
    controlPlane: z.url().refine(isSafeOrigin, 'must be https, or http on loopback'),
    /** ARM id of this machine. */
    resourceId: z.string().min(1).max(512),
    /** The local port of Windows Admin Center; a string in the extension's settings (as Azure has it). */
    port: portText,
    /** Where the local service listens, when that is another port than the one that it is reached by. */
    targetPort: portText.optional(),
    /** Of the install; whoever installs the extension without us gives none. */
    salt: z.string().max(200).default(''),
    /** The enrolment token, from the protected settings. */
    token: z.string().min(20).max(200).optional(),
    /** Client id or `api://` URI of the API: where there is no token, the machine's own identity enrols it (53). */
    audience: z.string().min(1).max(300).optional(),
    /** Keys, certificate and the rest of what the agent remembers. */
    dataDirectory: z.string().min(1),
    /** PEM file of roots to trust beside the system's, for example those of an inspecting firewall. */
    caFile: z.string().min(1).optional(),
    /** A program in the folder `hooks` of the data directory that makes and removes accounts for visitors (79, 80). */
    identityHook: z
      .string()
      .regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'must be the name of a file')
      .optional(),
    /** How the local service speaks; `https` accepts any certificate, on loopback only. */
    targetScheme: z.enum(['http', 'https']).default('http'),
  })
  .refine(({ token, audience }) => token !== undefined || audience !== undefined, {
    path: ['token'],
    message: 'is needed where there is no audience',
  });
export type AgentSettings = Readonly<z.infer<typeof settingsSchema>>;

type Ports = Pick<AgentSettings, 'port' | 'targetPort'>;

/** Where Windows Admin Center itself listens, on 127.0.0.1. */
export const localPortOf = ({ port, targetPort }: Ports): number => Number(targetPort ?? port);

/** What is open where the machine's owner has said nothing. */
export const installedPortsOf = (settings: Ports): number[] => [
  ...new Set([Number(settings.port), localPortOf(settings)]),
];

/** Throws `configuration_incomplete` with every fault; values are not repeated, one of them is the token. */
export function parseSettings(text: string): AgentSettings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('configuration_incomplete', 'the settings file is not JSON');
  }
  const parsed = settingsSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`);
    throw new AppError('configuration_incomplete', faults.join('\n'), { facts: { faults } });
  }
  return parsed.data;
}

export async function readSettings(file: string): Promise<AgentSettings> {
  return parseSettings(await readFile(file, 'utf8'));
}
