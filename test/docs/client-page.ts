import { membersOf, type Member } from './declarations.ts';
import { code, page, table } from './markdown.ts';

const HEAD = ['name', 'type', 'meaning'];
const row = ({ name, optional, type, about }: Member): string[] => [
  `${code(name)}${optional ? '' : ' (required)'}`,
  code(type),
  about,
];
const client = 'packages/client/src';

/** Members that the entries for browsers and Node provide. */
const platform = new Set(membersOf(`${client}/platform.ts`, 'ClientPlatform').map(({ name }) => name));

/** The page of all options and methods of the client. */
export function clientPage(): string {
  const options = membersOf(`${client}/platform.ts`, 'ClientOptions').filter(
    ({ name }) => !platform.has(name),
  );
  const request = [
    ...membersOf(`${client}/fetch.ts`, 'ClientRequestInit'),
    ...membersOf(`${client}/requests.ts`, 'RequestOptions'),
  ];
  const search = membersOf('packages/sticker-search/src/types.ts', 'SearchParameters');
  return page('Client', 'Every option and method of `@sotto/client`.', [
    '## Options',
    '',
    'Of `createBrowserClient` (`@sotto/client/browser`), `createNodeClient` (`@sotto/client/node`) and `createClient` (`@sotto/client`).',
    '`createNodeClient` also needs `walletFile`, the path of the wallet; `createBrowserClient` takes `walletName`, the name of its database.',
    '',
    ...table(HEAD, options.map(row)),
    '',
    '## Platform',
    '',
    'The entries for browsers and Node provide these. `createClient` needs the required ones as options.',
    '',
    ...table(HEAD, membersOf(`${client}/platform.ts`, 'ClientPlatform').map(row)),
    '',
    '## Methods',
    '',
    ...table(
      HEAD,
      membersOf(`${client}/client.ts`, 'Client').map((member) => row({ ...member, optional: true })),
    ),
    '',
    '## Options of a request',
    '',
    'The second argument of `client.fetch`. Failures are in the [list of errors](errors.md).',
    '',
    ...table(HEAD, request.map(row)),
    '',
    '## Options of a search',
    '',
    'The second argument of `client.search`; `allowFresh`, `attempt` and `signal` are as above.',
    '',
    ...table(HEAD, search.map(row)),
  ]);
}
