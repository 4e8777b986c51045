import { encodeRequest, type BhttpRequest } from '@sotto/bhttp';
import { concat, uint, utf8, type Bytes } from '@sotto/wire';
import {
  cannotTell,
  exchange,
  fail,
  inner,
  isSealed,
  pass,
  post,
  seal,
  type Finding,
  type Live,
  type Row,
  type Target,
} from './live.ts';

const PARALLEL = 16;
const NO_TARGET = cannotTell('no --target');

/** A check of a target; it cannot tell without one. */
const targetRow = (
  row: Omit<Row, 'class' | 'check'>,
  check: (live: Live, target: Target) => Promise<Finding>,
): Row => ({
  ...row,
  class: 2,
  check: async (live) => (live.target === null ? NO_TARGET : check(live, live.target)),
});

const get = targetRow(
  { id: '9458/4/1', level: 'MUST', title: 'a GET reaches the target, and its response comes back inside' },
  async (live, target) => {
    const { status } = await exchange(live, inner(live, target));
    return status < 400 ? pass(`inner ${status}`) : fail(`inner ${status}`);
  },
);

const submit = targetRow(
  { id: '9458/4/2', level: 'MUST', title: 'a POST reaches the target, and its response comes back inside' },
  async (live, target) => {
    const fields = [...inner(live, target).fields, ['content-type', 'text/plain'] as const];
    const message = inner(live, { ...target, method: 'POST', content: utf8('probe'), fields });
    const { status } = await exchange(live, message);
    // A target that takes no POST says so itself.
    return status < 400 || status === 405 ? pass(`inner ${status}`) : fail(`inner ${status}`);
  },
);

const notFound = targetRow(
  { id: '9458/5.2/5', level: 'MUST', title: "the target's own error comes back inside" },
  async (live, target) => {
    const path = `${target.path.replace(/\/$/, '')}/${Buffer.from(live.random(8)).toString('hex')}`;
    const { bytes, open } = await seal(live, inner(live, { ...target, path }));
    const response = await post(live, bytes);
    if (!isSealed(response)) return fail(`reported outside: HTTP ${response.status}`);
    return pass(`inner ${(await open(response)).status}`);
  },
);

/** The same request in another form must get the status that the plain form gets. */
async function sameStatus(
  live: Live,
  target: Target,
  form: (request: BhttpRequest) => Bytes,
): Promise<Finding> {
  const request = inner(live, target);
  const { status: plain } = await exchange(live, request);
  const { status } = await exchange(live, form(inner(live, target)));
  return status === plain
    ? pass(`inner ${status}`)
    : fail(`inner ${status}, but ${plain} for the plain form`);
}

/** A known-length request whose lengths all take four bytes (RFC 9000 §16). */
function wide({ method, scheme, authority, path, fields }: BhttpRequest): Bytes {
  const length = (n: number): Bytes => uint(4, n + 0x8000_0000);
  const text = (value: string): Bytes => concat(length(utf8(value).length), utf8(value));
  const section = concat(...fields.flatMap(([name, value]) => [text(name), text(value)]));
  const control = [method, scheme, authority, path].map(text);
  return concat(length(0), ...control, length(section.length), section, length(0), length(0));
}

const varints = targetRow(
  { id: '9292/3/1', level: 'MUST', title: 'lengths in more bytes than they need are accepted' },
  (live, target) => sameStatus(live, target, wide),
);

const indeterminate = targetRow(
  { id: '9292/3.2/1', level: 'MUST', title: 'a request of indeterminate length is accepted' },
  (live, target) =>
    sameStatus(live, target, (request) => encodeRequest(request, { framing: 'indeterminate-length' })),
);

const padded = targetRow(
  { id: '9292/3.8/2', level: 'MUST', title: 'zero padding is accepted' },
  (live, target) => sameStatus(live, target, (request) => concat(encodeRequest(request), new Uint8Array(77))),
);

const cut = targetRow(
  { id: '9292/3.8/3', level: 'MUST', title: 'content and trailers that are cut off count as empty' },
  (live, target) => sameStatus(live, target, (request) => encodeRequest(request).subarray(0, -2)),
);

const host = targetRow(
  { id: '9292/3.4/1', level: 'MUST', title: 'without an authority, the Host field names the target' },
  (live, target) =>
    sameStatus(live, target, (request) =>
      encodeRequest({
        ...request,
        authority: '',
        fields: [['host', target.authority], ...request.fields],
      }),
    ),
);

const parallel = targetRow(
  { id: 'http/5', level: 'expected', title: `${PARALLEL} requests at once get each their own response` },
  async (live, target) => {
    const all = await Promise.allSettled(
      Array.from({ length: PARALLEL }, () => exchange(live, inner(live, target))),
    );
    const opened = all.filter(({ status }) => status === 'fulfilled').length;
    if (opened === 0) return cannotTell('no response to any of them');
    return opened === PARALLEL ? pass() : fail(`${PARALLEL - opened} of ${PARALLEL} did not open`);
  },
);

/** Class 2: checks that need a target which the gateway admits. */
export const TARGET_ROWS: readonly Row[] = [
  get,
  submit,
  notFound,
  varints,
  indeterminate,
  padded,
  cut,
  host,
  parallel,
];
