import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedaction, secretKinds } from '#shared/runtime/redaction.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const { d = '' } = privateKey.export({ format: 'jwk' });
const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.MEUCIQDx-0aZ_sigsigsigsigsigsigsig';
const opaque = 'zK3vQ9_xT5-mB7nLpR2sW8yE4uI6oA1dF0gH';
const cookie = 'Qm9R7a-TtXv_3hZc8kLwYp2sN5dJ0uGf4eVbA6iKx1o';
const entraSecret = 'abc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456789AB';

/** Name, text, and what must not be left of it. */
const secrets: [string, string, ...string[]][] = [
  ['a private key as PEM', `before\n${pem}after`, pem.split('\n')[1] ?? ''],
  ['a private key in JSON', JSON.stringify({ note: pem }), pem.split('\n')[1] ?? ''],
  ['a private key that breaks off', pem.slice(0, 150), pem.slice(60, 110)],
  [
    'an encrypted private key',
    `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${opaque}\n-----END ENCRYPTED PRIVATE KEY-----`,
    opaque,
  ],
  [
    'an OpenSSH private key',
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${opaque}\n-----END OPENSSH PRIVATE KEY-----`,
    opaque,
  ],
  ['a private JWK', JSON.stringify({ kty: 'EC', d }), d],
  ['a private JWK inside JSON text', JSON.stringify({ body: JSON.stringify({ kty: 'EC', d }) }), d],
  ['a bearer token', `Authorization: Bearer ${opaque}`, opaque],
  ['a bearer token in a sentence', `the server refused Bearer ${opaque} twice`, opaque],
  ['basic credentials', 'authorization: Basic YWRhOmh1bnRlcjI=', 'YWRhOmh1bnRlcjI='],
  ['a header in JSON', '{"headers":{"Authorization":"Digest username=ada, response=0f0f0f"}}', '0f0f0f'],
  ['a shared key of storage', `Authorization: SharedKey account:${opaque}=`, opaque],
  ['a proxy authorization', 'Proxy-Authorization: Negotiate TlRMTVNTUAABAAAA', 'TlRMTVNTUAABAAAA'],
  ['a JWT', `got ${jwt} back`, 'eyJzdWIiOiJhZGEifQ'],
  ['a JWE with an empty key', 'sealed eyJhbGciOiJkaXIifQ..aXZpdml2aXY.Y2lwaGVydGV4dA.dGFn', 'Y2lwaGVydGV4dA'],
  ['a cookie header', `Cookie: theme=dark; __Host-session=${cookie}; lang=en`, cookie],
  ['a cookie being set', `set-cookie: app=1; Path=/; Secure`, 'app=1'],
  ['cookies in JSON', `{"set-cookie":["a=${opaque}; Secure"]}`, opaque],
  ['a ticket in a link', `https://label.name.wac.example/_session?ticket=${opaque}`, opaque],
  ['a ticket in a request line', `GET /_session?ticket=${opaque} HTTP/1.1`, opaque],
  [
    'a SAS in a link',
    'https://a.blob.core.windows.net/c/f?sv=2024-11-04&se=2026-01-01&sr=b&sig=abc%2Fdef%3D',
    'sig=abc',
  ],
  [
    'a SAS token of a bus',
    'SharedAccessSignature sr=sb%3a%2f%2fb&sig=abc%2bdef%3d&se=1800000000&skn=listen',
    'abc%2bdef',
  ],
  [
    'a connection string of a bus',
    'Endpoint=sb://b.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=aGVsbG8gd29ybGQ=;EntityPath=q',
    'aGVsbG8gd29ybGQ=',
  ],
  [
    'a connection string of storage',
    'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0c2VjcmV0==;EndpointSuffix=core.windows.net',
    'c2VjcmV0c2VjcmV0',
  ],
  ['a connection string of SQL', 'Server=tcp:s,1433;User ID=ada;Password=hunter2!;Encrypt=True', 'hunter2'],
  ['a short one', 'Server=s;Uid=ada;Pwd=hunter2;', 'hunter2'],
  ['a fragment with a token', 'https://portal.example/#access_token=hunter2hunter2&state=1', 'hunter2'],
  ['credentials in a URL', 'proxy http://ada:hunter2@proxy.contoso.example:8080 is used', 'hunter2'],
  ['a token in JSON', `{"token":"${opaque}","port":"6516"}`, opaque],
  [
    'a token in JSON inside JSON',
    JSON.stringify({ settings: JSON.stringify({ token: 'hunter2hunter2', port: '6516' }) }),
    'hunter2',
  ],
  ['a password with quotes in it', JSON.stringify({ password: 'hun"ter2\\' }), 'ter2'],
  ['a password in YAML', 'database:\n  password: hunter2\n  user: ada', 'hunter2'],
  ['a secret of a client', 'client_secret=hunter2&grant_type=client_credentials', 'hunter2'],
  ['a secret of Entra', `it says ${entraSecret} there`, entraSecret],
  ['a variable of the environment', 'AZURE_CLIENT_SECRET=hunter2', 'hunter2'],
  ['the header of a managed identity', 'IDENTITY_HEADER=hunter2hunter2', 'hunter2'],
  ['a host key of functions', 'x-functions-key: hunter2hunter2', 'hunter2'],
  ['an option of a command', 'azcmagent connect --service-principal-secret hunter2 --tenant-id t', 'hunter2'],
  ['an option with a quoted value', 'tool --password "hunter2 and more" run', 'hunter2', 'and more'],
  ['a parameter of PowerShell', "ConvertTo-SecureString 'hunter2' -AsPlainText -Force", 'hunter2'],
  ['a password of net user', 'net user ada hunter2 /add', 'hunter2'],
  ['an option of cmdkey', 'cmdkey /add:server /user:ada /pass:hunter2', 'hunter2'],
  ['an element of XML', '<Password>hunter2</Password>', 'hunter2'],
  ['a setting of XML', '<add key="StoragePassword" value="hunter2" />', 'hunter2'],
  ['a token of GitHub', 'ghp_0123456789abcdefghijABCDEFGHIJ012345', 'ghp_0123'],
  ['a key of AWS', 'AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE'],
  ['a code with its verifier', 'code_verifier=hunter2hunter2hunter2', 'hunter2'],
  ['a bare key', `it was ${cookie}`, cookie],
  ['a key of Azure without its name', `is ${'a/b+'.repeat(10)}cde= good`, 'a/b+a/b+'],
  ['a blob', `it was ${'QUJD'.repeat(60)}==`, 'QUJDQUJD'],
  ['a user', 'ada.lovelace@contoso.example opened it', 'ada.lovelace'],
];

/** Lines that say nothing secret. */
const harmless = [
  '{"event":"process.stopped","signal":"SIGTERM","design":2,"assignment":"reader","passed":12}',
  'spinning: 3, compass: north, bypass=on',
  '{"time":"2026-11-21T21:45:44.212Z","level":"info","event":"agent.certificate_served","thumbprint":"800e6e9ffd0d350e9e644c8974e80260f3610c9fd36513c072e6b34ed2a59ea5"}',
  '{"event":"tunnel.connected","path":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}',
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/test-1',
  'incomingconnections.ports (preview): 6516,22',
  'https://login.microsoftonline.com/00000000-0000-4000-8000-00000000000a/v2.0',
  'sb://bus.servicebus.windows.net is reached on 443',
  String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\ServerManagementGateway SmePort REG_DWORD 0x1974`,
  'AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYUCULBOGAZDINRYHI6D4QCCIRDEQSSMJZIFEVCWLBNFY.aaaaaaaaaaaaaaaaaaaaaaaaaa.wac.example'.toLowerCase(),
  'Windows Server 2022 Datacenter 21H2, build 20348.2402, 8 GB',
];

describe('requirement 121: what is shared', () => {
  it.each(secrets)('has %s taken out', (_, text, ...forbidden) => {
    const redaction = createRedaction();
    const shared = redaction.text(text);
    for (const secret of forbidden) {
      expect(text).toContain(secret);
      expect(shared).not.toContain(secret);
    }
    expect(shared).toContain('[redacted:');
    expect([...redaction.counts().values()].every((count) => count > 0)).toBe(true);
    expect(createRedaction().text(shared)).toBe(shared);
  });

  it('has as many shapes of secrets as that, each kind among them', () => {
    expect(secrets.length).toBeGreaterThanOrEqual(30);
    const redaction = createRedaction();
    for (const [, text] of secrets) redaction.text(text);
    expect([...redaction.counts().keys()].toSorted()).toEqual([...secretKinds].toSorted());
  });

  it.each(harmless)('leaves %j as it is', (line) => {
    const redaction = createRedaction();
    expect(redaction.text(line)).toBe(line);
    expect(redaction.counts().size).toBe(0);
  });

  it('keeps the names of people when that is asked for', () => {
    const line = 'ada@contoso.example opened it';
    expect(createRedaction({ keepsUsers: true }).text(line)).toBe(line);
  });

  it('stays JSON, and loses what has the name of a secret whatever it looks like', () => {
    const settings = {
      token: 'x',
      nested: [{ clientSecret: 7, port: 6516 }],
      url: 'https://a.example/b?c=d',
      none: null,
    };
    const redaction = createRedaction();
    expect(redaction.value(settings)).toEqual({
      token: '[redacted:secret]',
      nested: [{ clientSecret: '[redacted:secret]', port: 6516 }],
      url: 'https://a.example/b?[redacted:query]',
      none: null,
    });
    const text = JSON.stringify({ ...settings, line: `Bearer ${opaque}`, after: 'kept' });
    expect(JSON.parse(createRedaction().text(text))).toMatchObject({
      after: 'kept',
      nested: [{ port: 6516 }],
    });
  });

  it('never fails, and never lets a key through, whatever is around it', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('token=', '"password":"', 'Bearer ', pem, '?a=', '@b.c', '\\"', '[redacted:', cookie),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        expect(createRedaction().text(`${pieces.join('')}${cookie}`)).not.toContain(cookie);
      }),
    );
  });

  it('takes time in proportion to the text, however it is made', () => {
    for (const text of [
      'a-'.repeat(50_000),
      '/'.repeat(100_000),
      '"'.repeat(50_000),
      'token'.repeat(20_000),
      'a@'.repeat(50_000),
      '<key '.repeat(20_000),
      '-----BEGIN PRIVATE KEY-----'.repeat(2_000),
      'aA1'.repeat(40_000),
      `"password":"${'\\'.repeat(50_000)}`,
    ])
      expect(createRedaction().text(text).length).toBeGreaterThan(0);
  });
});
