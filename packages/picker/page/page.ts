import { createBrowserClient } from '@sotto/client/browser';
import { SottoStickers, type StickerResults, type StickerSelect } from '../src/index.ts';
import { artUrl } from '../src/art.ts';
import { LANGUAGES } from '../src/languages.ts';
import { cards, PARTIES, type PartyName, type Taps } from './cards.ts';
import { loadDevice } from './device.ts';
import { example } from './example.ts';
import { speak, spoken, type Words } from './words/index.ts';

const KEPT = 12; // picked stickers in sight

interface Local {
  readonly relay: string;
  readonly issuer: string;
  readonly root: string;
  readonly restSeconds?: number;
}

function find<T extends Element>(selector: string, type: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`no ${selector}`);
  return found;
}
const $ = (selector: string): HTMLElement => find(selector, HTMLElement);

const picker = find('sotto-stickers', SottoStickers);
const getJson = async <T>(path: string, method = 'GET'): Promise<T> => {
  const response = await fetch(path, { method, cache: 'no-store' });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return (await response.json()) as T;
};

let words: Words = speak(document.documentElement, spoken(navigator.languages));
let last: { readonly said: keyof Words; readonly taps: Taps | null; readonly seen: ReadonlySet<PartyName> } =
  {
    said: 'start',
    taps: null,
    seen: new Set(),
  };

function show(): void {
  $('#verdict').textContent = words[last.said];
  $('#cards').replaceChildren(...cards(words, last.taps, last.seen));
}

function say(said: keyof Words, taps: Taps | null = null, seen: ReadonlySet<PartyName> = new Set()): void {
  last = { said, taps, seen };
  show();
}

/** Each language by its own name. */
function chooser(): void {
  const select = find('#locale', HTMLSelectElement);
  for (const language of ['en', ...Object.keys(LANGUAGES)]) {
    const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
    const option = new Option(name, language);
    option.lang = language;
    select.add(option);
  }
  select.value = document.documentElement.lang;
  // No locale is asked for until one is chosen: every attribute that goes along makes a crowd smaller.
  select.addEventListener('change', () => {
    words = speak(document.documentElement, select.value);
    picker.setAttribute('locale', select.value);
    show();
  });
  const theme = find('#theme', HTMLSelectElement);
  theme.addEventListener('change', () => {
    document.documentElement.dataset['theme'] = theme.value;
    picker.setAttribute('theme', theme.value);
  });
}

let known: Taps['counts'] | null = null;

/** Who was sent something since it was last looked: told from counts, not from what ought to be. */
async function searched({ from, problem }: StickerResults): Promise<void> {
  const taps = await getJson<Taps>('/local/taps');
  const seen = new Set(PARTIES.filter((name) => taps.counts[name] > (known?.[name] ?? 0)));
  known = taps.counts;
  if (seen.size === 0) say(problem !== null ? 'nobody' : from === 'device' ? 'stayed' : 'memory', taps, seen);
  else say(problem === null && from === 'network' ? 'parted' : 'partly', taps, seen);
}
picker.addEventListener('sticker-results', ({ detail }) => {
  searched(detail).catch(() => say('unknown'));
});

picker.addEventListener('sticker-select', ({ detail }) => pick(detail));

function pick({ emoji, name, art }: StickerSelect): void {
  const image = new Image(40, 40);
  image.alt = name;
  image.title = `${emoji} ${name}`;
  image.src = (art && artUrl(art)) ?? '';
  const picked = $('#picked');
  picked.querySelector('p')?.remove();
  picked.append(image);
  while (picked.children.length > KEPT) picked.firstElementChild?.remove();
}

$('#copy').addEventListener('click', () => {
  const copied = navigator.clipboard.writeText($('#example').textContent ?? '');
  copied.then(
    () => ($('#copy').textContent = words.copied),
    () => ($('#copy').textContent = words.select),
  );
});

async function start(): Promise<void> {
  chooser();
  show();
  const device = loadDevice();
  picker.device = device;
  Promise.resolve(device.groups?.('en')).catch(() => (picker.device = null)); // no catalogue was built
  const local = await getJson<Local>('/local.json');
  known = (await getJson<Taps>('/local/taps')).counts;
  $('#example').textContent = example(local);
  picker.client = createBrowserClient({
    relay: local.relay,
    issuer: local.issuer,
    root: local.root,
    ...(local.restSeconds !== undefined && { restSeconds: local.restSeconds }),
    account: async () => (await getJson<{ token: string }>('/local/account', 'POST')).token,
  });
}

start().catch(() => say('down'));
