import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runTool } from './tools.ts';

/** A machine that boots systemd: its address, its names, and the lines that a shell runs on it. */
export interface BootedMachine {
  readonly name: string;
  readonly address: string;
  readonly hosts: readonly string[];
  readonly lines: readonly string[];
}

/** The files of the host's `/etc` that systemd-nspawn needs, besides the whole `/usr`. */
const OF_ETC = ['passwd', 'group', 'nsswitch.conf', 'os-release', 'ld.so.cache'];
const MERGED = ['bin', 'sbin', 'lib', 'lib32', 'lib64'];

/** Caddy as the unit starts it, but with certificates of its own authority: no test reaches a public one. */
const CADDY = `#!/bin/sh
sed '1a\\
	local_certs\\
	skip_install_trust' "$CREDENTIALS_DIRECTORY/Caddyfile" > "$STATE_DIRECTORY/Caddyfile"
exec /usr/bin/caddy run --adapter caddyfile --config "$STATE_DIRECTORY/Caddyfile"
`;
const NPX = '#!/bin/sh\nshift\nexec node /test/sotto.mjs "$@"\n';

/**
 * Runs the lines when the machine has booted, and then ends it at once, because an orderly end sometimes
 * never finishes.
 */
const CONTROL = `[Unit]
Description=Lines of the test
[Service]
Type=oneshot
StandardOutput=file:/test/out
StandardError=file:/test/out
Environment=HOME=/root
WorkingDirectory=/srv
ExecStart=/bin/bash -euo pipefail /test/lines
ExecStopPost=/bin/sh -c 'echo $EXIT_STATUS > /test/status; [ $EXIT_STATUS = 0 ] || touch /shared/failed; systemctl --force --force poweroff'
`;
const TARGET = '[Unit]\nRequires=basic.target\nWants=control.service\nAfter=basic.target\nAllowIsolate=yes\n';

/**
 * Machines of operators, each with a systemd that boots and a network namespace of its own. They use the
 * host's programs, and write only into the folder. `/shared` has the files that people would send each other.
 */
export class BootedMachines {
  readonly #folder: string;
  readonly #machines: readonly BootedMachine[];

  constructor(folder: string, machines: readonly BootedMachine[]) {
    this.#folder = folder;
    this.#machines = machines;
    const bin = path.join(folder, 'bin');
    for (const made of [bin, path.join(folder, 'shared')]) mkdirSync(made);
    copyFileSync(process.execPath, path.join(bin, 'node'));
    for (const [name, text] of [
      ['caddy', CADDY],
      ['npx', NPX],
    ] as const)
      writeFileSync(path.join(bin, name), text, { mode: 0o755 });
    const hosts = machines.map(({ address, hosts: names }) => `${address} ${names.join(' ')}\n`).join('');
    writeFileSync(path.join(folder, 'hosts'), `127.0.0.1 localhost\n${hosts}`);
    for (const machine of machines) this.#prepare(machine);
  }

  /** What the lines of a machine printed so far; null before it has booted. */
  output(name: string): string | null {
    const file = path.join(this.#folder, name, 'test/out');
    return existsSync(file) ? readFileSync(file, 'utf8') : null;
  }

  /** The exit status of a machine's lines, as text. */
  status(name: string): string {
    const file = path.join(this.#folder, name, 'test/status');
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : 'none';
  }

  /**
   * Boots all machines, runs their lines, and resolves when all are off. Returns the output of their
   * consoles.
   */
  async run(): Promise<string> {
    const networks = this.#machines.map(
      ({ name, address }) => `ip netns add ${name}
ip link add v-${name} type veth peer name host0 netns ${name}
ip link set v-${name} master operators up
ip -n ${name} addr add ${address}/24 dev host0
ip -n ${name} link set host0 up
ip -n ${name} link set lo up`,
    );
    const boots = this.#machines.map(
      ({ name }) => `mount --bind /usr ${name}/usr
mount -o remount,ro,bind ${name}/usr
mount --bind bin ${name}/usr/local/bin
timeout -s KILL 540 script -qec "systemd-nspawn -q --register=no --keep-unit -D ${name} --network-namespace-path=/run/netns/${name} --bind=$PWD/shared:/shared --bind-ro=$SOTTO_RELEASE:/opt/sotto --boot systemd.unit=test.target systemd.log_target=console" ${name}.console > /dev/null < /dev/null &`,
    );
    const script = `set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs /run
ip link add operators type bridge
ip link set operators up
${[...networks, ...boots].join('\n')}
wait
`;
    const { err } = await runTool('unshare', ['-mn', 'bash', '-c', script], { cwd: this.#folder });
    const consoles = this.#machines.map(({ name }) => path.join(this.#folder, `${name}.console`));
    return [err, ...consoles.filter(existsSync).map((file) => readFileSync(file, 'utf8'))].join('\n');
  }

  #prepare({ name, lines }: BootedMachine): void {
    const root = path.join(this.#folder, name);
    const at = (...parts: readonly string[]): string => path.join(root, ...parts);
    for (const folder of [
      'usr',
      'etc/systemd/system',
      'etc/systemd/system.conf.d',
      'var/lib',
      'var/log',
      'srv',
      'opt',
      'root',
      'tmp',
      'run',
      'proc',
      'sys',
      'dev',
      'test',
    ])
      mkdirSync(at(folder), { recursive: true });
    for (const link of MERGED.filter((one) => existsSync(`/usr/${one}`)))
      symlinkSync(`usr/${link}`, at(link));
    for (const file of OF_ETC.filter((one) => existsSync(`/etc/${one}`)))
      copyFileSync(`/etc/${file}`, at('etc', file));
    copyFileSync(path.join(this.#folder, 'hosts'), at('etc/hosts'));
    writeFileSync(at('etc/machine-id'), '');
    writeFileSync(at('etc/systemd/system/control.service'), CONTROL);
    writeFileSync(at('etc/systemd/system/test.target'), TARGET);
    writeFileSync(
      at('etc/systemd/system.conf.d/test.conf'),
      '[Manager]\nDefaultEnvironment=NODE_EXTRA_CA_CERTS=/test/ca.pem\n',
    );
    copyFileSync(process.env['SOTTO_COMMAND'] ?? '', at('test/sotto.mjs'));
    writeFileSync(at('test/ca.pem'), '');
    const onFailure = `trap 'journalctl --no-pager -n 40 -u "sotto-*"' ERR`;
    writeFileSync(at('test/lines'), `${[onFailure, ...lines].join('\n')}\n`);
  }
}
