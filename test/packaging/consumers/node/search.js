// A program for Node: a private search, and what a server does when it renders a page with the picker.
import path from 'node:path';
import { ClientError } from '@sotto/client';
import { createNodeClient } from '@sotto/client/node';

const before = Object.keys(globalThis).length;
const { SottoStickers } = await import('@sotto/picker');
if (typeof SottoStickers !== 'function' || Object.keys(globalThis).length !== before) {
  throw new Error('importing the picker on a server has an effect');
}

const { relay, issuer, root, page } = JSON.parse(process.argv[2]);
const name = `node-${process.versions.node}@local`;
const client = createNodeClient({
  relay,
  issuer,
  root,
  restSeconds: 0,
  walletFile: path.resolve(`wallet-${name}`),
  account: async () => {
    const response = await fetch(`${page}/local/account?name=${name}`, { method: 'POST' });
    return (await response.json()).token;
  },
});
const empty = await client.search('').catch((error) => error);
if (!(empty instanceof ClientError) || empty.code !== 'query-empty')
  throw new Error('no ClientError', { cause: empty });
const { results } = await client.search('happy cat', { locale: 'en', allowFresh: true });
console.log(results.map(({ emoji }) => emoji).join(' '));
