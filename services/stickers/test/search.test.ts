import { describe, expect, test } from 'vitest';
import { SearchError } from '@sotto/sticker-search';
import { emoji, search } from './support/built.ts';

const first = (query: string, locale = 'en') => emoji(query, locale, 1)[0];

/** Stickers that have every word of a query, the last one perhaps as a prefix. */
const strictly = (query: string, locale = 'en'): string[] => {
  const found = search.results(query, { locale });
  return Array.from({ length: found.strict }, (_, i) => found.at(i).emoji);
};

describe('words', () => {
  test('the last word may be a prefix, and earlier words must match', () => {
    expect(emoji('smiling cat with h')).toContain('😻');
    expect(emoji('red hea')[0]).toBe('❤️');
    expect(strictly('red hea')).not.toContain('🔥');
  });
  test('a whole name ranks before part of one, a name before a keyword, a whole word before a prefix', () => {
    expect(first('cat face')).toBe('🐱');
    expect(first('cat')).toMatch(/🐈|🐱/);
    expect(emoji('car').indexOf('🚗')).toBeLessThan(emoji('car').indexOf('🥕') >>> 0);
  });
  test('common stickers rank before rare ones', () => {
    expect(first('love')).toBe('❤️');
    expect(emoji('laugh', 'en', 3)).toContain('😂');
    expect(first('fire')).toBe('🔥');
  });
  test('one edit is allowed, and two in a long word', () => {
    expect(emoji('elehpant', 'en', 3)).toContain('🐘');
    expect(emoji('pizzza', 'en', 3)).toContain('🍕');
    expect(emoji('rainbw', 'en', 3)).toContain('🌈');
    expect(emoji('hamburgre', 'en', 3)).toContain('🍔');
    expect(emoji('smilng cat', 'en', 10)).toContain('😺');
  });
  test('other forms of a word match', () => {
    expect(emoji('cats', 'en', 10)).toContain('🐱');
    expect(emoji('danced', 'en', 10)).toContain('💃');
    expect(emoji('berry', 'en', 24)).toContain('🫐');
    expect(emoji('wolves', 'en', 3)).toContain('🐺');
  });
  test('words may be joined, split or hyphenated', () => {
    expect(first('thumbsup')).toBe('👍');
    expect(first('thumbs_up')).toBe('👍');
    expect(first('thumbs-up')).toBe('👍');
    expect(first('pine apple')).toBe('🍍');
  });
  test('a word that no sticker has finds stickers with the same meaning', () => {
    expect(emoji('physician')).toContain('🧑‍⚕️');
    expect(emoji('arachnid')).toContain('🕷️');
  });
  test('English gets keywords from other languages: happy cats', () => {
    expect(emoji('happy cat', 'en', 3)).toContain('😺');
  });
  test('if no sticker has all words, those with the rarer words rank first', () => {
    expect(emoji('purple guitar zebra', 'en', 2).toSorted()).toEqual(['🎸', '🦓'].toSorted());
    expect(emoji('grinning zebra', 'en', 1)).toEqual(['🦓']);
  });
  test('stickers with some of the words rank below those with all, those with the last word first', () => {
    expect(emoji('smirk cat')).toContain('😼');
    expect(emoji('blue car')).toContain('🚙');
    expect(emoji('purple guitar', 'en', 24)).toContain('🎸');
    expect(strictly('red hea')).not.toContain('🔥');
    expect(emoji('birthday cake', 'en', 1)).toEqual(['🎂']);
    expect(strictly('birthday cake')).not.toContain('🎈');
  });
  test('stop words are left out of a query that finds nothing with them', () => {
    expect(emoji('the picture of a pizza', 'en', 1)).toEqual(['🍕']);
    expect(emoji('un gato con la pizza', 'es', 4)).toContain('🍕');
  });
  test('a person is found by other words for their gender', () => {
    expect(emoji('male doctor', 'en', 2)).toContain('👨‍⚕️');
    expect(first('female firefighter')).toBe('👩‍🚒');
  });
  test('abbreviations, wishes and slang are found in their language', () => {
    expect(emoji('omg', 'en', 3)).toContain('😱');
    expect(emoji('happy birthday', 'en', 1)).toEqual(['🎂']);
    expect(emoji('feliz cumpleaños', 'es', 1)).toEqual(['🎂']);
    expect(emoji('doviđenja', 'sr', 1)).toEqual(['👋']);
    expect(emoji('おやすみ', 'ja', 3)).toContain('😴');
  });
  test('the matching phrase is returned as its source writes it', () => {
    const [found] = search.search('bday', { locale: 'en' });
    expect(found?.matched).toBe('bday');
    expect(search.search('gato', { locale: 'es' })[0]).toMatchObject({ matched: 'gato', name: 'gato' });
  });
});

describe('languages', () => {
  test('the requested language and English at once', () => {
    expect(first('gato', 'es')).toBe('🐈');
    expect(emoji('cat', 'es', 5)).toContain('🐱');
    expect(emoji('perro happy', 'es').length).toBeGreaterThan(0);
  });
  test('Serbian has the same results in both scripts', () => {
    expect(emoji('мачка', 'sr')).toEqual(emoji('macka', 'sr'));
    expect(emoji('мачка', 'sr')).toEqual(emoji('mačka', 'sr'));
    expect(search.search('mačka', { locale: 'sr-Latn', limit: 1 })[0]?.name).toMatch(/^[a-zčćžšđ ]+$/);
    expect(search.search('mačka', { locale: 'sr', limit: 1 })[0]?.name).toMatch(/^[\u0400-\u04ff ]+$/);
  });
  test('Chinese and Japanese inside a phrase, without spaces', () => {
    expect(emoji('笑脸', 'zh')).toContain('😀');
    expect(emoji('猫', 'ja')).toContain('🐱');
    expect(emoji('ねこ', 'ja')).toEqual(emoji('ネコ', 'ja'));
  });
  test('Chinese in both scripts', () => {
    expect(emoji('笑臉', 'zh')).toContain('😀');
    expect(search.search('狗', { locale: 'zh-TW', limit: 1 })[0]?.name).toBe('狗');
  });
  test('a region has its own names, and also finds those of its language', () => {
    const [mexican] = search.search('carcajada', { locale: 'es-MX', limit: 1 });
    const [spanish] = search.search('carcajada', { locale: 'es', limit: 1 });
    expect(mexican?.id).toBe(spanish?.id);
    expect(search.search('🚗', { locale: 'en-GB', limit: 1 })[0]?.name).toBe('car');
    expect(search.search('🚗', { locale: 'en', limit: 1 })[0]?.name).toBe('automobile');
  });
  test('marks and letter forms that people leave out', () => {
    expect(emoji('قِطّة', 'ar')).toEqual(emoji('قطه', 'ar'));
    expect(emoji('לֵב', 'he')).toEqual(emoji('לב', 'he'));
  });
  test('no locale means all languages, a language without an index means English, and garbage is refused', () => {
    expect(search.search('katze', {}).map((s) => s.emoji)).toContain('🐱');
    expect(search.search('кошка', {}).map((s) => s.emoji)).toContain('🐱');
    expect(search.search('cat', { locale: 'eo' })).toEqual(search.search('cat', { locale: 'en' }));
    for (const locale of ['', 'e', 'en_US.UTF-8', "en' OR 1=1", '../en', 'constructor', 'x'.repeat(99)]) {
      expect(() => search.search('cat', { locale })).toThrow(SearchError);
    }
    expect(() => search.search('cat', { locale: '__proto__' })).toThrow(SearchError);
  });
});

describe('an emoji as the query', () => {
  const bare = (text: string): string => text.replace(/[\u{1f3fb}-\u{1f3ff}]|\ufe0f/gu, '');
  test.each(['❤', '❤️', '👍', '👍🏽', '👩🏾‍🚒', '🏃🏻‍♀️', '#️⃣', '🏳️‍🌈'])(
    'finds its sticker, with or without variation selector and skin tone: %s',
    (query) => {
      const [found] = search.search(query, { locale: 'en' });
      expect(bare(found?.emoji ?? '')).toBe(bare(query));
    },
  );
  test('every sticker is found by its emoji', () => {
    const missed = search.table.stickers.filter(
      ({ emoji: own, id }) => own !== '' && search.search(own, { locale: 'en', limit: 1 })[0]?.id !== id,
    );
    expect(missed).toEqual([]);
  });
  test('an emoji may stand beside words and beside another emoji', () => {
    expect(emoji('😻 cat', 'en', 1)).toEqual(['😻']);
    expect(emoji('🐱🐶', 'en', 2).toSorted()).toEqual(['🐱', '🐶'].toSorted());
  });
});

describe('packs', () => {
  test('filter', () => {
    const all = search.results('energy', { locale: 'en' });
    const extras = search.results('energy', { locale: 'en', packs: ['openmoji'] });
    const strict = Array.from({ length: all.strict }, (_, i) => all.at(i));
    expect(extras.strict).toBeGreaterThan(0);
    expect(Array.from({ length: extras.strict }, (_, i) => extras.at(i))).toEqual(
      strict.filter(({ pack }) => pack === 'openmoji'),
    );
    expect(extras.at(extras.total - 1).pack).toBe('openmoji');
    expect(() => search.search('energy', { packs: ['nobody'] })).toThrow(SearchError);
  });
  test('an empty query gives everyone the same results, common ones first', () => {
    expect(emoji('', 'en', 5)).toEqual(emoji('   ', 'en', 5));
    expect(emoji('', 'en', 5)[0]).toBe('😂');
  });
});

describe('a full page', () => {
  test.each([
    ['happy cat', 'en'],
    ['sad dog', 'en'],
    ['pizza', 'en'],
    ['dragon', 'en'],
    [':)', 'en'],
    ['🦊', 'en'],
    ['attorney', 'en'],
    ['germany', 'en'],
    ['Schmetterling', 'de'],
    ['avukat', 'tr'],
    ['冰箱', 'zh'],
    ['ねこ', 'ja'],
    ['katze', undefined],
  ])('search: %s in %s fills a page, strict matches first', (query, locale) => {
    const found = search.results(query, locale === undefined ? {} : { locale });
    expect(found.total).toBeGreaterThanOrEqual(24);
    const ids = Array.from({ length: 24 }, (_, i) => found.at(i).id);
    expect(new Set(ids).size).toBe(24);
  });
  test('search: fills the page of one pack only from that pack', () => {
    const found = search.search('happy cat', { locale: 'en', packs: ['core'] });
    expect(found.length).toBe(24);
    expect(found.every(({ pack }) => pack === 'core')).toBe(true);
  });
  test('search: finds nothing for letters that are not a word', () => {
    expect(emoji('qzxwvkj')).toEqual([]);
  });
});

describe('emoticons', () => {
  test.each([
    [':)', '🙂'],
    [':-)', '🙂'],
    ['=)', '🙂'],
    [':D', '😀'],
    ['XD', '😆'],
    ['xD', '😆'],
    [':-(', '🙁'],
    [":'(", '😢'],
    ['<3', '❤️'],
    ['</3', '💔'],
    ['¯\\_(ツ)_/¯', '🤷'],
    [' :P ', '😛'],
  ])('search: %s is the emoticon, not letters', (query, wanted) => {
    expect(first(query)).toBe(wanted);
  });
});

describe('flags', () => {
  test.each([
    ['germany', 'en', '🇩🇪'],
    ['usa', 'en', '🇺🇸'],
    ['flag of mexico', 'en', '🇲🇽'],
    ['deutschland', 'de', '🇩🇪'],
    ['allemagne', 'fr', '🇩🇪'],
    ['ドイツ', 'ja', '🇩🇪'],
    ['德国', 'zh', '🇩🇪'],
    ['독일', 'ko', '🇩🇪'],
    ['германия', 'ru', '🇩🇪'],
    ['ألمانيا', 'ar', '🇩🇪'],
    ['जर्मनी', 'hi', '🇩🇪'],
    ['bandera de argentina', 'es', '🇦🇷'],
  ])('search: %s in %s is a flag', (query, locale, flag) => {
    expect(emoji(query, locale, 3)).toContain(flag);
  });
});

describe('words in Latin letters', () => {
  test.each([
    ['weixiao', 'zh', '🙂'],
    ['xiongmao', 'zh', '🐼'],
    ['neko', 'ja', '🐱'],
    ['kutta', 'hi', '🐶'],
    ['sobaka', 'ru', '🐶'],
    ['goyangi', 'ko', '🐱'],
    ['saranghae', 'ko', '❤️'],
    ['qamar', 'ar', '🌙'],
  ])('search: %s in %s has the results of its own script', (query, locale, wanted) => {
    expect(emoji(query, locale, 10)).toContain(wanted);
  });
  test('search: without a locale, too', () => {
    expect(search.search('weixiao', {}).map((found) => found.emoji)).toContain('🙂');
  });
});

describe('words that no sticker has', () => {
  test('search: a known word is found by its meaning, and never treated as a typo', () => {
    expect(emoji('lottery', 'en', 10)).not.toContain('🎨');
    expect(emoji('lottery', 'en', 10)).toContain('🎰');
    expect(emoji('kawaii', 'en', 5)).toContain('🥰');
    expect(emoji('attorney', 'en', 10)).toContain('🧑‍⚖️');
  });
  test('search: a pair of characters without results falls back to single characters', () => {
    expect(emoji('猫咖', 'zh', 10)).toContain('🐱');
    expect(emoji('犬好', 'ja', 10)).toContain('🐶');
  });
});
