import { expect, test } from 'vitest';
import { search } from './support/built.ts';

/** Every language of the catalogue, with its code of three letters (ISO 639-3) if it also has one of two. */
const LANGUAGES =
  'af/afr ak/aka am/amh ar/ara as/asm az/aze be/bel bg/bul bn/ben bs/bos ca/cat chr cs/ces cv/chv cy/cym da/dan de/deu dsb el/ell en/eng es/spa et/est eu/eus fa/fas fi/fin fil/tgl fr/fra ga/gle gd/gla gl/glg gu/guj ha/hau he/heb hi/hin hr/hrv hsb hu/hun hy/hye id/ind ig/ibo is/isl it/ita ja/jpn jv/jav ka/kat kk/kaz km/khm kn/kan ko/kor kok ky/kir lo/lao lt/lit lv/lav mk/mkd ml/mal mn/mon mr/mar ms/msa my/mya ne/nep nl/nld no/nor or/ori pa/pan pcm pl/pol ps/pus pt/por qu/que ro/ron ru/rus sd/snd si/sin sk/slk sl/slv so/som sq/sqi sr/srp sv/swe sw/swa ta/tam te/tel th/tha ti/tir tk/tuk tr/tur uk/ukr ur/urd uz/uzb vi/vie yo/yor yue zh/zho zu/zul'
    .split(' ')
    .map((tags) => tags.split('/'));

const namesIn = (locale: string): string[] => {
  const all = search.results('', { locale });
  return Array.from({ length: 60 }, (_, i) => all.at(i).name);
};

test('search: the catalogue has the languages of this test', () => {
  expect(search.languages).toEqual(LANGUAGES.map(([tag]) => tag));
});

test('search: each language of the catalogue has names for stickers, in every form of its locale', () => {
  expect(
    LANGUAGES.map(([tag = '']) => tag).filter((tag) => namesIn(tag).join() === namesIn('en').join()),
  ).toEqual(['en']);
  for (const [tag = '', code = tag] of LANGUAGES) {
    const own = namesIn(tag);
    const { script, region } = new Intl.Locale(tag).maximize();
    for (const locale of [code, tag.toUpperCase(), `${tag}-${script}-${region}`, `${tag}_${region}`])
      expect([locale, namesIn(locale)]).toEqual([locale, own]);
  }
});

test.each([
  ['nb', ['bil', 'rødt hjerte']],
  ['nn', ['bil', 'raudt hjarte']],
  ['iw', ['מכונית', 'לב אדום']],
  ['in', ['mobil', 'hati merah']],
  ['tl', ['kotse', 'pulang puso']],
  ['zh-HK', ['車', '愛心']],
  ['zh_TW', ['汽車', '愛心']],
  ['sr-Latn', ['automobil', 'crveno srce']],
  ['pt-BR', ['carro', 'coração vermelho']],
  ['pt-AO', ['automóvel', 'coração vermelho']],
])('search: a locale %s gets names in its language', (locale, names) => {
  expect(
    search
      .search('🚗', { locale, limit: 1 })
      .concat(search.search('❤️', { locale, limit: 1 }))
      .map(({ name }) => name),
  ).toEqual(names);
});
