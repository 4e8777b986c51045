import { ar } from './strings/ar.ts';
import { bg } from './strings/bg.ts';
import { ca } from './strings/ca.ts';
import { cs } from './strings/cs.ts';
import { da } from './strings/da.ts';
import { de } from './strings/de.ts';
import { el } from './strings/el.ts';
import { es } from './strings/es.ts';
import { et } from './strings/et.ts';
import { fa } from './strings/fa.ts';
import { fi } from './strings/fi.ts';
import { fil } from './strings/fil.ts';
import { fr } from './strings/fr.ts';
import { gl } from './strings/gl.ts';
import { he } from './strings/he.ts';
import { hi } from './strings/hi.ts';
import { hr } from './strings/hr.ts';
import { hu } from './strings/hu.ts';
import { id } from './strings/id.ts';
import { it } from './strings/it.ts';
import { ja } from './strings/ja.ts';
import { ko } from './strings/ko.ts';
import { lt } from './strings/lt.ts';
import { ms } from './strings/ms.ts';
import { nb } from './strings/nb.ts';
import { nl } from './strings/nl.ts';
import { pl } from './strings/pl.ts';
import { pt } from './strings/pt.ts';
import { ro } from './strings/ro.ts';
import { ru } from './strings/ru.ts';
import { sk } from './strings/sk.ts';
import { sl } from './strings/sl.ts';
import { sr } from './strings/sr.ts';
import { sv } from './strings/sv.ts';
import { th } from './strings/th.ts';
import { tr } from './strings/tr.ts';
import { uk } from './strings/uk.ts';
import { vi } from './strings/vi.ts';
import { zh } from './strings/zh.ts';
import { addStrings, type Strings } from './strings/index.ts';

/** Every language of the picker except English. Importing this module adds them all. */
export const LANGUAGES: Readonly<Record<string, Strings>> = {
  ar,
  bg,
  ca,
  cs,
  da,
  de,
  el,
  es,
  et,
  fa,
  fi,
  fil,
  fr,
  gl,
  he,
  hi,
  hr,
  hu,
  id,
  it,
  ja,
  ko,
  lt,
  ms,
  nb,
  nl,
  pl,
  pt,
  ro,
  ru,
  sk,
  sl,
  sr,
  sv,
  th,
  tr,
  uk,
  vi,
  zh,
};

for (const [language, table] of Object.entries(LANGUAGES)) addStrings(language, table);
