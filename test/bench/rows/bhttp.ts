import { BHttpDecoder, BHttpEncoder } from 'bhttp-js';
import { decodeRequest, encodeRequest, type BhttpRequest, type Field } from '@sotto/bhttp';
import { utf8 } from '@sotto/wire';
import { same, type Row } from '../row.ts';

const fields: Field[] = Array.from({ length: 8 }, (_, i) => [`x-field-${i}`, `value number ${i}`]);
const REQUEST: BhttpRequest = {
  method: 'POST',
  scheme: 'https',
  authority: 'stickers.example',
  path: '/v1/search',
  fields,
  content: utf8('{"q":"happy cat"}'.repeat(32)),
  trailers: [],
};
const WIRE = encodeRequest(REQUEST);

/** A request of eight fields and half a kibibyte of content, read and written. */
export function bhttpRows(): Row[] {
  const decoder = new BHttpDecoder();
  const encoder = new BHttpEncoder();
  const url = `${REQUEST.scheme}://${REQUEST.authority}${REQUEST.path}`;
  const theirRequest = (): Request =>
    new Request(url, { method: 'POST', headers: fields.map(([n, v]) => [n, v]), body: REQUEST.content });
  return [
    {
      name: 'bhttp.decode',
      peer: 'bhttp-js',
      ours: () => decodeRequest(WIRE),
      theirs: () => decoder.decodeRequest(WIRE),
      check: async () =>
        same(
          decodeRequest(WIRE).content,
          new Uint8Array(await decoder.decodeRequest(WIRE).arrayBuffer()),
          'bhttp.decode',
        ),
    },
    {
      name: 'bhttp.encode',
      peer: 'bhttp-js',
      ours: () => encodeRequest(REQUEST),
      theirs: () => encoder.encodeRequest(theirRequest()),
      check: async () => {
        const theirs = decodeRequest(new Uint8Array(await encoder.encodeRequest(theirRequest())));
        same(decodeRequest(encodeRequest(REQUEST)).content, theirs.content, 'bhttp.encode');
      },
    },
  ];
}
