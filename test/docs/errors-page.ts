import { MESSAGES } from '../../packages/client/src/error.ts';
import { INNER, OUTER } from '../../services/gateway/src/problem.ts';
import { ERROR_TEXTS } from './error-texts.ts';
import { code, page, table } from './markdown.ts';
import { PROBLEM_TEXTS } from './problem-texts.ts';

const HEAD = ['code', 'cause', 'remedy'];

const problems = { ...INNER, ...OUTER };

/** The page of all error codes. */
export function errorsPage(): string {
  const classes = ERROR_TEXTS.flatMap(([name, file, texts]) => [
    `## ${name} of ${file.split('/').slice(0, 2).join('/')}`,
    '',
    ...table(
      HEAD,
      Object.entries(texts).map(([key, [cause, remedy]]) => [code(key), cause, remedy]),
    ),
    '',
  ]);
  return page(
    'Errors',
    'Every error has a `code`, which is part of the API, and a message for people, which may change.',
    [
      '## ClientError of packages/client',
      '',
      'The only error that the client throws. `message` and `advice` are the two columns below; `until` is the time when the condition',
      'ends, if it is known; `attempt` is set if the user may retry the request with `client.retry(attempt)`.',
      '',
      ...table(
        HEAD,
        Object.entries(MESSAGES).map(([key, [message, advice]]) => [code(key), message, advice]),
      ),
      '',
      '## Problems that services send',
      '',
      'A service refuses a request with a JSON body of the type `application/problem+json` (RFC 9457) with this `code`. Inside an envelope',
      'it has the length of every other response.',
      '',
      ...table(
        ['code', 'status', 'cause', 'remedy'],
        Object.entries(problems)
          .toSorted(([, a], [, b]) => a.status - b.status)
          .map(([key, { status }]) => {
            const [cause, remedy] = PROBLEM_TEXTS[key as keyof typeof problems];
            return [code(key), `${status}`, cause, remedy];
          }),
      ),
      '',
      '## ConfigError of packages/service',
      '',
      'A setting of a service is missing or wrong. It has no codes: `path` is the variable and the member of its JSON, such as',
      '`SERVICES[1].timeoutMs`, and the message says what must stand there. See the [variables](variables.md).',
      '',
      ...classes,
    ],
  );
}
