import { expect, test } from 'vitest';
import { browse, type BrowseSources } from '../src/browse.ts';
import { Groups } from '../src/groups.ts';
import { LocalStickers } from '../src/local-stickers.ts';
import { EMPTY, recordUse } from '../src/personal.ts';
import { en } from '../src/strings/en.ts';
import type { CustomSticker } from '../src/types.ts';

const art = { type: 'image/svg+xml', data: '<svg/>' };
const custom = (name: string, more: Partial<CustomSticker> = {}): CustomSticker => ({
  id: name,
  name,
  art,
  ...more,
});

function localOf(stickers: readonly CustomSticker[], personal: readonly CustomSticker[] = []): LocalStickers {
  const local = new LocalStickers();
  local.setCustom(stickers);
  local.setPersonal([{ id: 'p', name: 'Pack', stickers: personal }]);
  return local;
}

test.each([
  ['party', ['party parrot']],
  ['PARR par', ['party parrot']],
  ['arrot', []],
  ['éclair', ['Eclair']],
  ['cake', ['Eclair']],
  ['猫', ['黒猫スタンプ']],
  ['mine', ['my mine']],
  ['  ', []],
  ['(((', []],
])('local stickers: the query "%s" finds %o', (query, names) => {
  const stickers = [custom('party parrot'), custom('Eclair', { keywords: ['cake'] }), custom('黒猫スタンプ')];
  const local = localOf(stickers, [custom('my mine')]);
  expect(local.search(query).map(({ name }) => name)).toEqual(names);
});

test('local stickers: are grouped by the names that the page gives', () => {
  const { groups } = localOf([custom('a'), custom('b', { group: 'Team' }), custom('c')]);
  expect(groups.map(({ id, name, stickers }) => [id, name, stickers.map((one) => one.id)])).toEqual([
    ['custom', undefined, ['a', 'c']],
    ['Team', 'Team', ['b']],
  ]);
});

async function sources(more: Partial<BrowseSources> = {}): Promise<BrowseSources> {
  const groups = new Groups();
  const named = ['smileys', 'food', 'flags'].map((id) => ({
    id,
    stickers: [{ id: `in ${id}`, name: id, emoji: '', pack: '' }],
  }));
  await groups.load(
    { search: () => [], art: () => null, groups: () => named },
    'en',
    () => undefined,
    async () => undefined,
  );
  return {
    strings: en,
    groups,
    data: EMPTY,
    recents: [],
    local: localOf([]),
    hasPacks: false,
    categories: [],
    ...more,
  };
}
const ids = ({ tabs }: { readonly tabs: readonly { readonly id: string }[] }) => tabs.map(({ id }) => id);

test('browse: shows own tabs, groups and the groups of the page, and opens the first group', async () => {
  const all = await sources({ local: localOf([custom('a', { group: 'Team' })]) });
  expect(ids(browse(all, null))).toEqual(['recents', 'favourites', 'smileys', 'food', 'flags', 'Team']);
  expect(browse(all, null).tab?.id).toBe('smileys');
  expect(browse(all, 'Team').stickers.map(({ id }) => id)).toEqual(['a']);
});

test('browse: categories order the tabs and hide the others', async () => {
  const all = await sources({ categories: ['flags', 'unknown', 'smileys', 'recents'] });
  expect(ids(browse(all, null))).toEqual(['flags', 'smileys', 'recents']);
  expect(browse(all, null).tab?.id).toBe('flags');
  expect(browse(all, 'food').tab?.id).toBe('flags');
  expect(ids(browse(await sources({ categories: ['unknown'] }), null)).length).toBe(5);
});

test('browse: has a tab for the most used stickers, and one for the person’s own packs', async () => {
  const [a, b] = ['a', 'b'].map((id) => ({ id, name: id, emoji: '', pack: '' }));
  if (!a || !b) throw new Error('two stickers');
  const data = [a, b, b, a, b].reduce(recordUse, EMPTY);
  const all = await sources({ data, hasPacks: true, local: localOf([], [custom('own')]) });
  expect(ids(browse(all, null)).slice(0, 4)).toEqual(['recents', 'favourites', 'frequent', 'mine']);
  expect(browse(all, 'frequent').stickers.map(({ id }) => id)).toEqual(['b', 'a']);
  expect(browse(all, 'mine').stickers.map(({ id }) => id)).toEqual(['own']);
});
