import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandsOf, platformBlocks } from '../../support/documents.ts';
import { BootedMachines } from '../support/booted.ts';
import { works } from '../support/tools.ts';

const NEEDED = [
  ['unshare', '-mn', 'true'],
  ['systemd-nspawn', '--version'],
  ['/lib/systemd/systemd', '--version'],
  ['script', '--version'],
  ['ip', 'link'],
  ['caddy', 'version'],
] as const;
const ROOT_OF_CADDY = '/var/lib/private/sotto-proxy/caddy/pki/authorities/local/root.crt';
const folder = mkdtempSync(path.join(tmpdir(), 'sotto-booted-'));
/** Waits, but not for a machine whose lines have failed. */
const until = (condition: string): string =>
  `until ${condition}; do [ ! -e /shared/failed ]; sleep 0.1; done`;
/** Waits until an address answers with 200. */
const answers = (url: string): string =>
  `node -e "const look = () => fetch('${url}').then(({ status }) => status === 200 || setTimeout(look, 100), () => setTimeout(look, 100)); look()"`;
let machines: BootedMachines;
let commands: string[] = [];
let skipped: string | null = null;

/** The state of a unit by systemd, and of its process by the kernel. */
const LOOK = `look() {
  pid=$(systemctl show -p MainPID --value $1)
  echo "$1: $(systemctl is-active $1), $(grep -E '^(NoNewPrivs|Seccomp|CapEff):' /proc/$pid/status | tr -s '\\t\\n' ' ')uid $(stat -c %u /proc/$pid)"
}`;

/**
 * The seven commands of the page: those of B, of A, and the user's last two. B's attester serves the first of
 * them.
 */
beforeAll(async () => {
  const missing = NEEDED.find(([program, ...words]) => !works(program, ...words));
  if (missing !== undefined) skipped = `${missing.join(' ')} does not work here`;
  if (skipped !== null) return;
  const [seven] = platformBlocks('docs/how-to/two-operators.md', 'On Linux with systemd', 'Node');
  commands = (seven ? commandsOf(seven) : []).map(({ text }) =>
    text
      .replaceAll(/(gateway|issuer)\.example/g, '$1.b.test')
      .replaceAll('relay.other.example', 'relay.a.test'),
  );
  const [initB = '', startB = '', sign = '', initA = '', startA = '', account = '', search = ''] = commands;
  machines = new BootedMachines(folder, [
    {
      name: 'b',
      address: '10.97.0.1',
      hosts: ['gateway.b.test', 'issuer.b.test'],
      lines: [
        LOOK,
        initB,
        startB,
        until(
          '[ "$(systemctl is-active sotto-gateway sotto-issuer sotto-stickers sotto-proxy | sort -u)" = active ]',
        ),
        answers('http://127.0.0.1:8806/livez'),
        sign,
        answers('http://127.0.0.1:8806/readyz'),
        answers('http://127.0.0.1:8807/readyz'),
        'echo live and ready',
        'for unit in gateway issuer stickers proxy; do look sotto-$unit; done',
        'killed=$(systemctl show -p MainPID --value sotto-issuer); kill -9 $killed',
        until('[ "$(systemctl show -p MainPID --value sotto-issuer)" != $killed ]'),
        answers('http://127.0.0.1:8807/readyz'),
        'echo issuer restarted $(systemctl show -p NRestarts --value sotto-issuer) time',
        until(`[ -s ${ROOT_OF_CADDY} ]`),
        `cp ${ROOT_OF_CADDY} /shared/b.pem`,
        account,
        'echo $SOTTO_ACCOUNT_TOKEN > /shared/token',
        'mv ops/b/invite.json /shared/',
        until('[ -e /shared/done ]'),
        'systemctl stop sotto-gateway sotto-issuer sotto-stickers',
        'for unit in gateway issuer stickers; do echo $unit stopped: $(systemctl show -p Result --value sotto-$unit); done',
      ],
    },
    {
      name: 'a',
      address: '10.97.0.2',
      hosts: ['relay.a.test'],
      lines: [
        LOOK,
        until('[ -e /shared/invite.json ]'),
        'mkdir -p ops/b; mv /shared/invite.json ops/b/; cat /shared/b.pem > /test/ca.pem',
        initA,
        startA,
        until(`[ -s ${ROOT_OF_CADDY} ]`),
        `cat ${ROOT_OF_CADDY} >> /test/ca.pem`,
        'export SOTTO_ACCOUNT_TOKEN=$(cat /shared/token)',
        'look sotto-relay',
        answers('https://relay.a.test/bundle'),
        answers('https://issuer.b.test/health'),
        search,
        'touch /shared/done',
      ],
    },
  ]);
  const consoles = await machines.run();
  if (machines.output('b') === null) skipped = `systemd-nspawn boots nothing here: ${consoles.slice(-500)}`;
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('two operators, each on a machine that boots systemd, in a network of its own, with TLS by Caddy', () => {
  test('seven commands lead to a private search', (context) => {
    if (skipped !== null) context.skip(skipped);
    expect(commands).toHaveLength(7);
    const printed = `${machines.output('b')}\n${machines.output('a')}`;
    expect([machines.status('b'), machines.status('a'), printed]).toEqual([
      '0',
      '0',
      expect.stringContaining('😺'),
    ]);
  });

  test.for(['gateway', 'issuer', 'stickers', 'relay', 'proxy'])(
    'the hardened unit of the %s runs without root and privileges, under a filter of system calls',
    (name, context) => {
      if (skipped !== null) context.skip(skipped);
      const printed = `${machines.output('b')}\n${machines.output('a')}`;
      const [, capabilities, uid] =
        new RegExp(`^sotto-${name}: active, CapEff: (\\w+) NoNewPrivs: 1 Seccomp: 2 uid (\\d+)$`, 'm').exec(
          printed,
        ) ?? [];
      const bindService = (1n << 10n).toString(16);
      expect(capabilities?.replace(/^0+/, '')).toBe(name === 'proxy' ? bindService : '');
      expect(Number(uid)).toBeGreaterThan(60_000); // of DynamicUser=
    },
  );

  test('services are live and ready, start again after a crash, and stop without a fault', (context) => {
    if (skipped !== null) context.skip(skipped);
    const lines = machines.output('b')?.split('\n');
    expect(lines).toContain('live and ready');
    expect(lines).toContain('issuer restarted 1 time');
    for (const name of ['gateway', 'issuer', 'stickers']) expect(lines).toContain(`${name} stopped: success`);
  });
});
