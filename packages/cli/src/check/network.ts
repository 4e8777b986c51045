import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import type { CheckPorts } from './live.ts';

const TIMEOUT_MS = 10_000;
const timeout = (): Error => Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' });

/** When the certificate of an https URL expires, after a handshake that verifies it. */
export const certificateEnd: CheckPorts['certificateEnd'] = ({ hostname, port }) =>
  new Promise((resolve, reject) => {
    const at = { host: hostname, port: Number(port === '' ? 443 : port), servername: hostname };
    const socket = connect(at, () => {
      resolve(Date.parse(socket.getPeerCertificate().valid_to) / 1000);
      socket.destroy();
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(timeout()));
    socket.once('error', reject);
  });

/** Node's own client, which adds `host`, `connection` and `content-length` and nothing else. */
export const post: CheckPorts['post'] = (url, headers, body) =>
  new Promise((resolve, reject) => {
    const { request } = url.startsWith('https:') ? https : http;
    const options = { method: 'POST', headers: { ...headers, 'content-length': body.length } };
    const sent = request(url, options, (response) => {
      const { statusCode: status = 0 } = response;
      text(response).then((content) => resolve({ status, text: content }), reject);
    });
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy(timeout()));
    sent.once('error', reject);
    sent.end(body);
  });
