import { DatabaseSync } from 'node:sqlite';
import { drizzle } from 'drizzle-orm/node-sqlite';
import { expect, test } from 'vitest';
import { addCounts, listActs, readCounts, recordAct } from '../src/sqlite/operator.ts';
import type { Db } from '../src/sqlite/index.ts';

function open(): Db {
  const client = new DatabaseSync(':memory:');
  client.exec('CREATE TABLE counters (cell text PRIMARY KEY, count integer NOT NULL)');
  client.exec(
    'CREATE TABLE operator_acts (id integer PRIMARY KEY, at integer NOT NULL, role text NOT NULL, token text NOT NULL, action text NOT NULL)',
  );
  return drizzle({ client });
}

test('operator store: counts add up by cell', () => {
  const db = open();
  addCounts(db, { 'a x': 1, 'b y': 2 });
  addCounts(db, { 'a x': 3 });
  expect(readCounts(db)).toEqual({ 'a x': 4, 'b y': 2 });
});

test('N63 operator store: keeps the latest thousand acts, the newest first', () => {
  const db = open();
  for (let at = 0; at < 1003; at++) recordAct(db, { at, role: 'keys', token: '00000000', action: 'GET /x' });
  const acts = listActs(db);
  expect(acts).toHaveLength(1000);
  expect([acts[0]?.at, acts.at(-1)?.at]).toEqual([1002, 3]);
});
