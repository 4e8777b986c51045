import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { noMore, printable } from '../arguments.ts';
import { mismatches, portFaults } from '../check/between.ts';
import { readOperatorFolder, type OperatorFolder } from '../check/folder.ts';
import { checkedLog, logFaults, policyFaults, type CheckedLog } from '../check/log.ts';
import { logRows } from '../check/log-rows.ts';
import { liveRows, type CheckPorts, type LiveRow } from '../check/live.ts';
import { certificateEnd, post } from '../check/network.ts';
import { modeFaults, variableFaults } from '../check/variables.ts';
import { command, parseCall, UsageError } from '../command.ts';
import { loadSettings, type ConfigValues, type Settings } from '../config.ts';
import { withProgress, type Io, type Status } from '../io.ts';
import { fail, pass, type Finding } from '../probe/live.ts';
import { printFinding, statusOf } from '../findings.ts';

const MINIMUM_NODE = [22, 16] as const; // of services that store in SQLite

/** `sotto check`. */
export const checkCommand = command({
  name: 'check',
  synopsis: '',
  summary: 'find what is wrong with an operator’s folder and its services, before the first client does',
  details:
    'Variables, file modes, ports, what must fit together, versions; and of running services: certificates, clocks, proxy\nfields, keys, bundles. One row per check: pass, FAIL or cannot tell. It changes nothing and spends no token.',
  options: {},
  examples: [['check --config ops/b', 'checks what sotto init b wrote, and the services that run from it']],
  run: ({ values, words }, io) => runCheck(values, words, io, {}),
});

/** Runs `sotto check` with other ports than Node's. */
export function check(argv: readonly string[], io: Io, ports: Partial<CheckPorts> = {}): Promise<Status> {
  const { values, words } = parseCall(checkCommand, argv);
  return runCheck(values, words, io, ports);
}

async function runCheck(
  values: ConfigValues & { readonly json?: boolean },
  words: readonly string[],
  io: Io,
  ports: Partial<CheckPorts>,
): Promise<Status> {
  noMore(words);
  const settings = await loadSettings(values, io);
  if (settings === null) throw new UsageError('--config is missing: a folder that sotto init wrote');
  const folder = await readOperatorFolder(settings.dir);
  const platform: CheckPorts = {
    fetch: io.fetch,
    now: () => Math.floor(Date.now() / 1000),
    post,
    certificateEnd,
    nodeVersion: process.versions.node,
    ...ports,
  };
  const log = await checkedLog(folder, settings);
  const rows = [
    ...folderRows(folder, settings, log, platform),
    ...liveRows(folder, settings, platform),
    ...(log === null ? [] : logRows(folder, settings, log, platform)),
  ];
  const results: Finding['result'][] = [];
  for (const { title, check: run } of rows) {
    const finding = await withProgress(io, `checking: ${title}`, run());
    results.push(finding.result);
    printFinding({ title, ...finding }, values.json === true, io);
  }
  return statusOf(results);
}

/** One finding for a list of faults. */
const none = (faults: readonly string[]): Finding =>
  faults.length === 0 ? pass() : fail(faults.map(printable).join('\n'));

function folderRows(
  folder: OperatorFolder,
  settings: Settings,
  log: CheckedLog | null,
  { nodeVersion }: CheckPorts,
): LiveRow[] {
  const row = (title: string, faults: () => readonly string[]): LiveRow => ({
    title,
    check: async () => none(faults()),
  });
  return [
    ...[...folder.services].flatMap(([service, given]) => [
      row(`variables of the ${service}`, () => variableFaults(service, given, folder.hosting)),
      row(`secret files of the ${service}`, () => modeFaults(given)),
    ]),
    row('what must fit together', () => mismatches(folder, settings)),
    ...(log === null ? [] : [row('policy of the log', () => policyFaults(log, folder, settings))]),
    ...(log === null || log.folder === null
      ? []
      : [{ title: `log in ${log.folder}`, check: async () => none(await logFaults(log)) }]),
    row('ports', () => portFaults(folder)),
    ...(folder.hosting === 'node' ? [row('version of Node', () => nodeFaults(folder, nodeVersion))] : []),
    { title: 'release', check: () => releaseFinding(folder) },
  ];
}

function nodeFaults({ services }: OperatorFolder, version: string): string[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = MINIMUM_NODE;
  const isOld = major < leastMajor || (major === leastMajor && minor < leastMinor);
  const stored = (['gateway', 'issuer', 'witness'] as const).filter((name) => services.has(name));
  if (!isOld || stored.length === 0) return [];
  return [`${stored.join(' and ')} need Node ${MINIMUM_NODE.join('.')} or newer, and this is ${version}`];
}

/** Whether what the folder runs is there, and of the version of this command. */
async function releaseFinding({ release, services, hosting }: OperatorFolder): Promise<Finding> {
  if (release === null) return fail('no unit, compose file or wrangler file names a release');
  const missing = [...services.keys()]
    .map((name) => path.join(release, hosting === 'workers' ? `workers/${name}/index.js` : `${name}.mjs`))
    .filter((file) => !existsSync(file));
  if (missing.length > 0)
    return fail(`${missing.join(', ')} is missing: put the release there (npm run release)`);
  const text = await readFile(path.join(release, 'components.cdx.json'), 'utf8').catch(() => '{}');
  const [, version] = /"name": "sotto",\s*"version": "([^"]+)"/.exec(text) ?? [];
  if (version === manifest.version) return pass(version);
  return fail(`is version ${version ?? 'unknown'}, and this command is ${manifest.version}`);
}
