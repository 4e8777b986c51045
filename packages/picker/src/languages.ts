import { ar } from './strings/ar.ts';
import { de } from './strings/de.ts';
import { es } from './strings/es.ts';
import { fr } from './strings/fr.ts';
import { hi } from './strings/hi.ts';
import { id } from './strings/id.ts';
import { it } from './strings/it.ts';
import { ja } from './strings/ja.ts';
import { ko } from './strings/ko.ts';
import { nl } from './strings/nl.ts';
import { pl } from './strings/pl.ts';
import { pt } from './strings/pt.ts';
import { ru } from './strings/ru.ts';
import { sr } from './strings/sr.ts';
import { tr } from './strings/tr.ts';
import { vi } from './strings/vi.ts';
import { zh } from './strings/zh.ts';
import { addStrings, type Strings } from './strings/index.ts';

/** Every language of the picker except English. Importing this module adds them all. */
export const LANGUAGES: Readonly<Record<string, Strings>> = {
  ar,
  de,
  es,
  fr,
  hi,
  id,
  it,
  ja,
  ko,
  nl,
  pl,
  pt,
  ru,
  sr,
  tr,
  vi,
  zh,
};

for (const [language, table] of Object.entries(LANGUAGES)) addStrings(language, table);
