import type { Local as Addresses } from './local.ts';

/** The addresses of the suite, and the origin of the page. */
type Local = Addresses & { readonly page: string };

/** An example of the page: a name for its tab, and a text that runs as it is. */
export interface Example {
  readonly id: 'html' | 'react' | 'node';
  readonly label: string;
  readonly code: string;
}

/**
 * How an app uses the picker and the client, with the addresses of this suite.
 *
 * @param account - a bearer token of the development attester, so that the examples run as they are
 */
export const examples = (local: Local, account: string): readonly Example[] => [
  { id: 'html', label: 'HTML', code: html(local, account) },
  { id: 'react', label: 'React', code: react(local, account) },
  { id: 'node', label: 'Node', code: node(local, account) },
];

const options = ({ relay, issuer, root }: Local, account: string, indent: string): string =>
  [
    `relay: '${relay}',`,
    `issuer: '${issuer}',`,
    `root: '${root}',`,
    `// Your app returns a token of the signed-in user. This one is for the local suite.`,
    `account: async () => '${account}',`,
  ].join(`\n${indent}`);

const html = (local: Local, account: string): string => `<!doctype html>
<meta charset="utf-8" />
<title>Stickers</title>
<sotto-stickers mode="network"></sotto-stickers>
<p id="message">Pick a sticker: </p>

<script type="module">
  import { createBrowserClient } from '${local.page}/sotto.js';

  const client = createBrowserClient({
    ${options(local, account, '    ')}
    restSeconds: ${local.restSeconds}, // leave this out in production: tokens must rest before they are used
  });
  client.start(); // fetches tokens ahead of time, on a schedule

  const picker = document.querySelector('sotto-stickers');
  picker.client = client;
  picker.addEventListener('sticker-select', ({ detail }) => {
    document.querySelector('#message').append(detail.emoji);
  });
</script>
`;

const react = (
  local: Local,
  account: string,
): string => `import { createBrowserClient } from '@sotto/client/browser';
import '@sotto/picker';
import type {} from '@sotto/picker/react';
import { useState } from 'react';

const client = createBrowserClient({
  ${options(local, account, '  ')}
  restSeconds: ${local.restSeconds}, // leave this out in production: tokens must rest before they are used
});
client.start(); // fetches tokens ahead of time, on a schedule

export default function Composer() {
  const [message, setMessage] = useState('');
  return (
    <>
      <sotto-stickers
        mode="network"
        client={client}
        onsticker-select={({ detail }) => setMessage((before) => before + detail.emoji)}
      />
      <p>{message}</p>
    </>
  );
}
`;

const node = (
  local: Local,
  account: string,
): string => `import { createNodeClient } from '@sotto/client/node';

const client = createNodeClient({
  ${options(local, account, '  ')}
  restSeconds: ${local.restSeconds}, // leave this out in production: tokens must rest before they are used
  walletFile: 'sotto-wallet',
});

const { results } = await client.search('happy cat', { locale: 'en' });
for (const { emoji, name } of results) console.log(emoji, name);
`;
