import path from 'node:path';
import { ClientError, type Client, type Sticker } from '@sotto/client';
import { createNodeClient } from '@sotto/client/node';

interface Suite {
  readonly relay: string;
  readonly issuer: string;
  readonly root: string;
  readonly page: string;
}
const { relay, issuer, root, page } = JSON.parse(process.argv[2] ?? '') as Suite;
const name = `typescript-${process.versions.node}-${path.basename(import.meta.dirname)}@local`;
const client: Client = createNodeClient({
  relay,
  issuer,
  root,
  restSeconds: 0,
  walletFile: path.resolve(`wallet-${name}`),
  account: async () => {
    const response = await fetch(`${page}/local/account?name=${name}`, { method: 'POST' });
    return ((await response.json()) as { token: string }).token;
  },
});
try {
  const { results } = await client.search('happy cat', { locale: 'en', allowFresh: true });
  const emojis = results.map(({ emoji }: Sticker) => emoji);
  console.log(emojis.join(' '));
} catch (error) {
  if (error instanceof ClientError) console.error(error.code, error.message, error.advice);
  throw error;
}

// @ts-expect-error a number is no query
export const wrong = (): unknown => client.search(3);
