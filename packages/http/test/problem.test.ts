import { expect, test } from 'vitest';
import { HttpError, PROBLEM_TYPE, PROBLEMS, problemResponse, problemText } from '../src/index.ts';

test('the table has exactly these problems', () => {
  expect(Object.values(PROBLEMS).map((problem) => problemText(problem))).toEqual([
    '{"type":"about:blank","title":"Bad Request","status":400,"code":"bad-request"}',
    '{"type":"about:blank","title":"Unauthorized","status":401,"code":"unauthorized"}',
    '{"type":"about:blank","title":"Forbidden","status":403,"code":"forbidden"}',
    '{"type":"about:blank","title":"Voucher Required","status":403,"code":"voucher-required"}',
    '{"type":"about:blank","title":"Not Found","status":404,"code":"not-found"}',
    '{"type":"about:blank","title":"No Vouchers Issued","status":404,"code":"vouchers-off"}',
    '{"type":"about:blank","title":"Method Not Allowed","status":405,"code":"method-not-allowed"}',
    '{"type":"about:blank","title":"Request Timeout","status":408,"code":"request-timeout"}',
    '{"type":"about:blank","title":"Content Too Large","status":413,"code":"content-too-large"}',
    '{"type":"about:blank","title":"Unsupported Media Type","status":415,"code":"unsupported-media-type"}',
    '{"type":"about:blank","title":"Unprocessable Content","status":422,"code":"unprocessable-content"}',
    '{"type":"about:blank","title":"Too Many Requests","status":429,"code":"too-many-requests"}',
    '{"type":"about:blank","title":"Request Header Fields Too Large","status":431,"code":"fields-too-large"}',
    '{"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal-error"}',
    '{"type":"about:blank","title":"Bad Gateway","status":502,"code":"bad-gateway"}',
    '{"type":"about:blank","title":"Service Unavailable","status":503,"code":"unavailable"}',
    '{"type":"about:blank","title":"Gateway Timeout","status":504,"code":"gateway-timeout"}',
  ]);
});

test.each(Object.entries(PROBLEMS))('%s: its code, its status, never stored', async (code, problem) => {
  const response = problemResponse(problem, { allow: 'POST' });
  expect(problem.code).toBe(code);
  expect([response.status, await response.text()]).toEqual([problem.status, problemText(problem)]);
  expect(Object.fromEntries(response.headers)).toEqual({
    allow: 'POST',
    'cache-control': 'no-store',
    'content-type': PROBLEM_TYPE,
  });
});

test('an error carries its constant and no text of its own', () => {
  const error = new HttpError('bad-gateway', { cause: new Error('canary') });
  expect([error.name, error.message, error.problem]).toEqual([
    'HttpError',
    'bad-gateway',
    PROBLEMS['bad-gateway'],
  ]);
});
