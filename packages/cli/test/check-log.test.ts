import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { ED25519 } from '@sotto/tlog';
import { base64url } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { seed, vkey } from '../../../test/support/bundle-log.ts';
import { check } from '../src/commands/check.ts';
import { run } from '../src/run.ts';
import { change, faults, folders, found, io, key, useCheckedLog } from './support/checked-log.ts';
import { INIT_B, NOW, ORIGIN, WITNESS } from './support/logged-folders.ts';

useCheckedLog();

describe('sotto check with a log', () => {
  test('what init wrote and sign --log has signed has no fault on either side', async () => {
    const [a, b] = [await found('a'), await found('b')];
    expect(faults([...a, ...b])).toBe('');
    const passed = [...a, ...b].filter((line) => line.startsWith('pass')).join('\n');
    for (const title of [
      'variables of the witness',
      'policy of the log',
      `log in ${folders.file('b.log')}`,
      `certificate of ${WITNESS}`,
      'the witness is ready',
      'the relay serves a bundle that clients with the policy accept',
      'the gateway serves a bundle that clients with the policy accept',
      'the proofs at the gateway are of this log',
      `the witness ${WITNESS} has the newest checkpoint: 3 entries, until `,
    ])
      expect(passed).toContain(title);
  });

  test('a folder without a log has no row about one', async () => {
    await run(['init', 'b', 'c', ...INIT_B.slice(3, -2)], io);
    io.lines.length = 0;
    await check(['--config', 'c'], io);
    expect(io.lines.filter((line) => /policy|witness|log in/.test(line))).toEqual([]);
  });

  test('before witness and services run, nothing is wrong and the rest cannot be told', async () => {
    folders.stopWitness();
    for (const url of Object.keys(io.routes)) delete io.routes[url];
    for (const folder of ['a', 'b'] as const) {
      const lines = await found(folder);
      expect(faults(lines)).toBe('');
      expect(lines.join('\n')).toContain('Start the witness, or correct its address in the policy');
    }
  });
});

describe('sotto check: faults of a policy', () => {
  test.each<[string, () => void, string]>([
    [
      'a line of no known kind',
      () => change('a/policy', /^quorum/m, 'quorums'),
      'line 5: not a log, witness',
    ],
    [
      'a quorum larger than its witnesses',
      () => change('a/policy', 'all w1', '2 w1'),
      'line 4: a group needs all, any or a number of at most its members. Correct that line',
    ],
    [
      'one witness under two names',
      () => change('a/policy', /^(witness) w1 (.*)$/m, '$1 w1 $2\n$1 w2 $2'),
      'line 4: a witness with the key of another',
    ],
    ['no quorum', () => change('a/policy', /^quorum.*\n/m, ''), 'no quorum line'],
    [
      'a quorum that any witness meets',
      () =>
        change(
          'a/policy',
          /^group .*/m,
          `witness w2 ${key('two.example', 62)} https://two.example\ngroup all-of-them any w1 w2`,
        ),
      'nobody has to lie for two histories',
    ],
    ['no base', () => change('a/policy', '# sotto', '# other'), 'must name one log, and have the comment'],
    ['no log', () => change('a/policy', /^log .*\n/m, ''), 'must name one log'],
    [
      'a witness without address',
      () => change('a/policy', ` ${WITNESS}`, ''),
      'witness.a.test has no address, so sotto bundle sign --log cannot ask it',
    ],
    [
      'another key of the witness',
      () =>
        writeFileSync(
          folders.file('a/witness/WITNESS_KEY'),
          base64url(Uint8Array.from(seed(0), (_, i) => i)),
        ),
      'no client counts its cosignatures. Restore both',
    ],
    [
      'another name of the witness',
      () => change('a/witness.env', 'WITNESS_NAME=witness.a.test', 'WITNESS_NAME=other.a.test'),
      'does not name the witness other.a.test+',
    ],
    [
      'a log key of another log with its name',
      () => change('a/policy', /^log .*$/m, `log ${vkey(ORIGIN, ED25519, seed(9))}`),
      `LOGS of the witness has another key for ${ORIGIN}`,
    ],
    [
      'another origin',
      () => change('a/policy', /^log .*$/m, `log ${vkey('other.example', ED25519, seed(9))}`),
      'LOGS of the witness has no log other.example',
    ],
    [
      'another base',
      () => change('a/policy', `base=${NOW}`, `base=${NOW + 1}`),
      `the mirror refuses every entry`,
    ],
    [
      'another root in LOGS',
      () => change('a/witness/LOGS', /"roots":\["[\w-]{4}/, '"roots":["AAAA'),
      'LOGS of the witness lacks the root of client.json',
    ],
    [
      'a policy that is gone',
      () => rmSync(folders.file('a/policy')),
      'policy is missing: sotto init a writes it',
    ],
    [
      'a key of the witness that others read',
      () => chmodSync(folders.file('a/witness/WITNESS_KEY'), 0o644),
      'chmod 600 witness/WITNESS_KEY',
    ],
  ])('%s', async (_what, breakIt, message) => {
    const secret = folders.read('a/witness/WITNESS_KEY').trim();
    breakIt();
    expect(faults(await found('a'))).toContain(message);
    expect(io.said).not.toContain(secret);
  });
});

describe('sotto check: faults of a log', () => {
  test.each<[string, () => void, string]>([
    [
      'no witness yet',
      () => {
        change('b.log/policy', /^witness .*\n/m, '');
        change('b.log/policy', /^group .*\nquorum .*/m, 'quorum none');
      },
      'names no witness. Put the policy of operator A there',
    ],
    [
      'the secret of another log',
      () => writeFileSync(folders.file('b.log.secret'), base64url(seed(9))),
      `b.log.secret is not the secret of the log ${ORIGIN}`,
    ],
    [
      'a file that is not a secret',
      () => writeFileSync(folders.file('b.log.secret'), ''),
      'is not the secret of',
    ],
    [
      'the policy of another log with its name',
      () => change('b.log/policy', /^log .*$/m, `log ${vkey(ORIGIN, ED25519, seed(9))}`),
      `signed by another key than its policy has for ${ORIGIN}`,
    ],
    [
      'the policy of another log',
      () => change('b.log/policy', /^log .*$/m, `log ${vkey('other.example', ED25519, seed(9))}`),
      'a checkpoint is of another log',
    ],
    [
      'a lost tile',
      () => rmSync(folders.file('b.log/tile'), { recursive: true }),
      'The log is damaged: it has no',
    ],
    ['a lost policy', () => rmSync(folders.file('b.log/policy')), 'is not a policy: line 0: no quorum line'],
  ])('%s', async (_what, breakIt, message) => {
    breakIt();
    expect(faults(await found('b'))).toContain(message);
  });
});
