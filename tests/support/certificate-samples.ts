import type { OperationReply } from '#shared/protocol/api.ts';
import type { CertificateReply, DrillReply, ForecastReply } from '#shared/protocol/certificate-api.ts';
import { fromNow, machineIdOf } from './portal-samples.ts';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;
const machineName = 'k7x2m4q6s3t5u7v2w4y6z2a4bq';

type Leaf = NonNullable<CertificateReply['leaf']>;

/** A leaf of 90 days that began 20 days ago; a test states only what differs. */
export const sampleLeaf = (differs: Partial<Leaf> = {}): Leaf => ({
  thumbprint: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  serialNumber: '04A3F1C29B7E5D8801',
  notBefore: fromNow(-20 * dayMs),
  notAfter: fromNow(70 * dayMs),
  hostNames: [`${machineName}.wac.localhost`, `*.${machineName}.wac.localhost`],
  custody: 'vault',
  issuedBy: { name: 'sample-ca', authority: 'https://acme.localhost/directory' },
  issuedAt: fromNow(-20 * dayMs + hourMs),
  deliveredAt: fromNow(-20 * dayMs + hourMs + 20_000),
  servedAt: fromNow(-20 * dayMs + hourMs + 30_000),
  ...differs,
});

/** In service, with its renewal in 39 days inside the authority's window. */
export const sampleCertificate = (differs: Partial<CertificateReply> = {}): CertificateReply => ({
  state: 'served',
  custody: 'vault',
  explanation: [
    'The machine serves this certificate; it was seen in a live handshake.',
    'The authority suggests renewing it within its window.',
  ],
  next: { what: 'It is renewed.', at: fromNow(39 * dayMs) },
  leaf: sampleLeaf(),
  previous: null,
  dueAt: fromNow(39 * dayMs),
  emergencyAt: fromNow(55 * dayMs),
  window: { start: fromNow(37 * dayMs), end: fromNow(41 * dayMs) },
  checkAt: fromNow(5 * hourMs),
  plan: null,
  failure: null,
  replacement: null,
  history: [
    { at: fromNow(-20 * dayMs + hourMs + 30_000), event: 'served', detail: null },
    {
      at: fromNow(-20 * dayMs + hourMs),
      event: 'issued',
      detail: `by sample-ca, until ${fromNow(70 * dayMs)}`,
    },
    { at: fromNow(-20 * dayMs), event: 'ordered', detail: null },
  ],
  ...differs,
});

/** The newest is delivered; the one before it is still in service. */
export const replacedCertificate = (): CertificateReply =>
  sampleCertificate({
    state: 'delivered',
    custody: 'machine',
    explanation: [
      'The agent has fetched the new certificate; it has not been seen in service yet.',
      'Until then the machine goes on serving the one before it.',
    ],
    next: { what: 'The agent reports that it serves it.', at: null },
    leaf: sampleLeaf({
      custody: 'machine',
      notBefore: fromNow(-hourMs),
      notAfter: fromNow(90 * dayMs),
      issuedAt: fromNow(-60_000),
      deliveredAt: fromNow(-30_000),
      servedAt: null,
    }),
    previous: sampleLeaf({ notBefore: fromNow(-60 * dayMs), notAfter: fromNow(30 * dayMs) }),
    dueAt: fromNow(60 * dayMs),
    emergencyAt: fromNow(75 * dayMs),
    window: { start: fromNow(58 * dayMs), end: fromNow(62 * dayMs) },
  });

/** Its renewal waits for a turn, close to its end. */
export const waitingCertificate = (): CertificateReply => {
  const turnAt = fromNow(9 * hourMs);
  return sampleCertificate({
    state: 'waiting',
    explanation: [
      'Its renewal waits: this week’s certificates of sample-ca are used up.',
      'The machine goes on serving the certificate that it has.',
    ],
    next: { what: 'Its order begins.', at: turnAt },
    leaf: sampleLeaf({
      notBefore: fromNow(-4 * dayMs),
      notAfter: fromNow(2 * dayMs),
      issuedAt: fromNow(-4 * dayMs),
    }),
    dueAt: turnAt,
    emergencyAt: fromNow(dayMs),
    window: null,
    plan: {
      authority: 'sample-ca',
      turnAt,
      ahead: 14,
      reason: 'certificates of the registered domain: 50 at once and one more every 201.6 min',
    },
    failure: {
      code: 'authority_rate_limited',
      hop: 'certificate authority',
      title: 'The certificate authority allows no more for now',
      detail: 'too many certificates (50) already issued for wac.localhost in the last 168 h',
      remedy: 'Nothing is to be done: it goes on by itself.',
      retryable: true,
      at: fromNow(-hourMs),
      count: 2,
    },
  });
};

/** A first certificate that waits for its turn. */
export const firstCertificate = (): CertificateReply =>
  sampleCertificate({
    state: 'waiting',
    explanation: ['The machine has no certificate yet: its order waits for its turn at sample-ca.'],
    next: { what: 'Its order begins.', at: fromNow(40 * 60_000) },
    leaf: null,
    dueAt: fromNow(40 * 60_000),
    emergencyAt: null,
    window: null,
    checkAt: null,
    plan: { authority: 'sample-ca', turnAt: fromNow(40 * 60_000), ahead: 0, reason: 'orders are spaced.' },
    history: [],
  });

export const renewalOf = (number: number, differs: Partial<OperationReply> = {}): OperationReply => ({
  id: `${machineIdOf(number)}.renew234`,
  machineId: machineIdOf(number),
  kind: 'renew',
  status: 'running',
  percent: 0,
  steps: [
    { name: 'Issue the certificate', status: 'running', startedAt: fromNow(-60_000) },
    { name: 'Deliver it to the machine', status: 'waiting' },
  ],
  createdAt: fromNow(-60_000),
  ...differs,
});

/** Monday of this week, 00:00 UTC. */
function thisMonday(): number {
  const today = Math.floor(Date.now() / dayMs) * dayMs;
  return today - ((new Date(today).getUTCDay() + 6) % 7) * dayMs;
}

const dueByWeek = [38, 12, 44, 52, 47, 8, 0, 61, 70, 55, 40, 22, 51];

export const sampleForecast = (differs: Partial<ForecastReply> = {}): ForecastReply => ({
  at: fromNow(0),
  authorities: [
    {
      name: 'sample-ca',
      authority: 'https://acme.localhost/directory',
      closed: null,
      limits: [
        {
          id: 'orders',
          title: 'New orders of the account',
          capacity: 300,
          used: 12,
          free: 288,
          refillSeconds: 36,
          fullAt: fromNow(7 * 60_000),
        },
        {
          id: 'domain',
          title: 'Certificates of the registered domain',
          capacity: 50,
          used: 48,
          free: 2,
          refillSeconds: 12_096,
          fullAt: fromNow(6.7 * dayMs),
        },
      ],
      queue: { urgent: 1, install: 3, renewal: 13 },
    },
    {
      name: 'second-ca',
      authority: 'https://second.localhost/directory',
      closed: {
        until: fromNow(3 * hourMs),
        reason: 'outage',
        detail: 'connect ECONNREFUSED',
      },
      limits: [
        {
          id: 'orders',
          title: 'New orders of the account',
          capacity: 1000,
          used: 0,
          free: 1000,
          refillSeconds: 3,
          fullAt: fromNow(0),
        },
      ],
      queue: { urgent: 0, install: 0, renewal: 0 },
    },
  ],
  states: { served: 482, waiting: 17, delivered: 1 },
  lastTurnAt: fromNow(26 * hourMs),
  firstAtRisk: null,
  atRisk: 0,
  weeks: dueByWeek.map((due, week) => ({
    from: new Date(thisMonday() + week * 7 * dayMs).toISOString(),
    due,
    expiring: dueByWeek[week - 4] ?? 0,
  })),
  ...differs,
});

export const sampleDrill = (differs: Partial<DrillReply> = {}): DrillReply => ({
  id: 'drill234',
  reason: 'keyCompromise',
  revoke: true,
  issuedBy: null,
  status: 'running',
  requestedBy: 'Administrator',
  createdAt: fromNow(-hourMs),
  updatedAt: fromNow(-5000),
  endedAt: null,
  total: 480,
  replaced: 120,
  skipped: 20,
  percent: 25,
  estimatedEnd: fromNow(3 * hourMs),
  ...differs,
});
