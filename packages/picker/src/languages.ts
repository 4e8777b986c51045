import { ar } from './strings/ar.ts';
import { de } from './strings/de.ts';
import { es } from './strings/es.ts';
import { fr } from './strings/fr.ts';
import { hi } from './strings/hi.ts';
import { ja } from './strings/ja.ts';
import { pt } from './strings/pt.ts';
import { sr } from './strings/sr.ts';
import { zh } from './strings/zh.ts';
import { addStrings, type Strings } from './strings/index.ts';

/** Every language of the picker except English. Importing this module adds them all. */
export const LANGUAGES: Readonly<Record<string, Strings>> = { ar, de, es, fr, hi, ja, pt, sr, zh };

for (const [language, table] of Object.entries(LANGUAGES)) addStrings(language, table);
