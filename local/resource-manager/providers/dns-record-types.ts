import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import type { DnsRecordType } from '#local/kit/boundaries.ts';

export const dnsApiVersions = ['2023-07-01-preview', '2018-05-01'] as const;

/** How one record type is written in ARM and what a name server answers for it. */
export interface RecordTypeRules {
  type: DnsRecordType;
  /** The member of `properties` that holds the records; its letters matter to the SDK. */
  member: string;
  /** Turns that member into presentation values; zod says what is wrong with it. */
  values: z.ZodType<string[]>;
}

const hostname = z
  .string()
  .regex(/^(?=.{1,254}$)([A-Za-z0-9_*-]{1,63}\.)*[A-Za-z0-9_*-]{1,63}\.?$/, 'is no host name');
const maxRecords = 20;
/** Limits of a TXT record: strings of 255 characters, 1,024 in all. */
const txt = { string: 255, value: 1024 } as const;

const txtValue = z
  .array(z.string().max(txt.string))
  .min(1)
  .transform((strings) => strings.join(''))
  .pipe(z.string().max(txt.value));
const listOf = <T>(record: z.ZodType<T>, show: (item: T) => string) =>
  z
    .array(record)
    .max(maxRecords)
    .transform((records) => records.map(show));
const uint32 = z.int().min(0).max(4_294_967_295);

const soa = z.object({
  host: hostname,
  email: hostname,
  serialNumber: uint32.default(1),
  refreshTime: uint32.default(3600),
  retryTime: uint32.default(300),
  expireTime: uint32.default(2_419_200),
  minimumTTL: uint32.default(300),
});

export const recordTypes: readonly RecordTypeRules[] = [
  {
    type: 'A',
    member: 'ARecords',
    values: listOf(
      z.object({ ipv4Address: z.string().refine(isIPv4, 'is no IPv4 address') }),
      (r) => r.ipv4Address,
    ),
  },
  {
    type: 'AAAA',
    member: 'AAAARecords',
    values: listOf(
      z.object({ ipv6Address: z.string().refine(isIPv6, 'is no IPv6 address') }),
      (r) => r.ipv6Address,
    ),
  },
  {
    type: 'CAA',
    member: 'caaRecords',
    values: listOf(
      z.object({
        flags: z.int().min(0).max(255),
        tag: z.string().regex(/^[a-z0-9]{1,15}$/),
        value: z.string().max(1024),
      }),
      (r) => `${r.flags} ${r.tag} "${r.value}"`,
    ),
  },
  { type: 'CNAME', member: 'CNAMERecord', values: z.object({ cname: hostname }).transform((r) => [r.cname]) },
  { type: 'NS', member: 'NSRecords', values: listOf(z.object({ nsdname: hostname }), (r) => r.nsdname) },
  {
    type: 'SOA',
    member: 'SOARecord',
    values: soa.transform((r) => [
      `${r.host} ${r.email} ${r.serialNumber} ${r.refreshTime} ${r.retryTime} ${r.expireTime} ${r.minimumTTL}`,
    ]),
  },
  { type: 'TXT', member: 'TXTRecords', values: listOf(z.object({ value: txtValue }), (r) => r.value) },
];
