import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suiteOnNode, type Part, type SuiteOnNode } from '../support/on-node.ts';
import { pipelines, stoppedEnvelopes, switchingProtocols, type Attack, type Strength } from './attacks.ts';
import { HonestClients, type Share } from './honest.ts';

export interface Result extends Share {
  /** Largest resident memory, in MiB. */
  readonly memory: Readonly<Record<'relay' | 'gateway', number>>;
  /** Time from the end of the attack to the first successful search. */
  readonly recoveryMs: number;
}

export const ATTACKS = [
  'N01 a service responds 101',
  'N02 pipelines at the relay',
  'N02 pipelines at the gateway',
  'N03 envelopes that stop',
] as const;
export type AttackName = (typeof ATTACKS)[number];

export interface Conditions extends Pick<Strength, 'share'> {
  /** How long the attack lasts, in milliseconds. */
  readonly ms: number;
  /** It lasts until so many honest searches have been sent; 0 unless given. */
  readonly searches?: number;
  /** Milliseconds after which an honest client gives up. */
  readonly timeoutMs: number;
}

export interface Siege {
  /** Runs one attack and returns what honest clients got, and the largest memory of relay and gateway. */
  run(attack: AttackName, conditions: Conditions): Promise<Result>;
  close(): Promise<void>;
}

const HONEST_EVERY_MS = 60;

/** A service that responds 101 to everything and keeps the connection open. */
async function switchingService(): Promise<{ readonly url: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** @param fresh - restarts gateway and relay before each attack, so that attacks do not affect each other */
export async function siege(fresh: boolean): Promise<Siege> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-siege-'));
  const switching = await switchingService();
  const target = { url: switching.url, private: ['127.0.0.1'] };
  const row = {
    name: 'switching',
    target,
    token: 'none',
    idempotent: true,
    requestLength: 1024,
    responseLength: 163_840,
  };
  const suite = await suiteOnNode(folder, { rows: [row], row: { timeoutMs: 5000 } });
  const { relay, gateway } = suite.urls;
  const attacks: Readonly<Record<AttackName, (strength: Strength) => Attack | Promise<Attack>>> = {
    'N01 a service responds 101': (s) => switchingProtocols(gateway, suite.secrets.relayToken, suite, s),
    'N02 pipelines at the relay': (s) => pipelines(relay, s),
    'N02 pipelines at the gateway': (s) => pipelines(gateway, s),
    'N03 envelopes that stop': (s) => stoppedEnvelopes(relay, suite, s),
  };
  return {
    run: async (name, { ms, searches = 0, share, timeoutMs }) => {
      if (fresh) for (const part of ['gateway', 'relay'] as const) await suite.restart(part);
      const honest = await HonestClients.of(suite, timeoutMs);
      const lasts = async (): Promise<void> => {
        await sleep(ms);
        while (honest.sent < searches) await sleep(HONEST_EVERY_MS);
      };
      const attack = await attacks[name]({ lasts, share });
      const memory = { relay: 0, gateway: 0 };
      const timer = setInterval(() => {
        for (const part of ['relay', 'gateway'] as const)
          memory[part] = Math.max(memory[part], mebibytes(suite, part));
      }, 100);
      const outcomes = await honest.during(attack(), HONEST_EVERY_MS).finally(() => clearInterval(timer));
      return { ...outcomes, memory, recoveryMs: await honest.recovery() };
    },
    close: async () => {
      await suite.close();
      switching.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resident memory of a part's process, in MiB. */
function mebibytes(suite: SuiteOnNode, part: Part): number {
  const status = readFileSync(`/proc/${suite.pid(part)}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
