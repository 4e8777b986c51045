import { createBrowserClient } from '@sotto/client/browser';
import { SottoStickers, type StickerSelect } from '../src/index.ts';
import { artUrl } from '../src/art.ts';
import { LANGUAGES } from '../src/languages.ts';
import { cards, type Taps } from './cards.ts';
import { loadDevice } from './device.ts';
import { example } from './example.ts';

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

/** Each language by its own name. */
function chooser(): void {
  const select = find('#locale', HTMLSelectElement);
  for (const language of ['en', ...Object.keys(LANGUAGES)]) {
    const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
    const option = new Option(name, language);
    option.lang = language;
    select.add(option);
  }
  // No locale is asked for until one is chosen: every attribute that goes along makes a crowd smaller.
  select.addEventListener('change', () => picker.setAttribute('locale', select.value));
  const theme = find('#theme', HTMLSelectElement);
  theme.addEventListener('change', () => {
    document.documentElement.dataset['theme'] = theme.value;
    picker.setAttribute('theme', theme.value);
  });
}

function verdict(text: string, taps: Taps | null, usual = true): void {
  $('#verdict').textContent = text;
  $('#cards').replaceChildren(...cards(taps, usual));
}

async function showTaps(): Promise<void> {
  const taps = await getJson<Taps>('/local/taps');
  verdict('Some knew who you are. Some knew what you asked. Nobody knew both.', taps);
}

picker.addEventListener('sticker-results', (event) => {
  const { from, problem } = (event as CustomEvent<{ from: string; problem: string | null }>).detail;
  if (problem !== null) verdict('That search reached nobody.', null, false);
  else if (from === 'device') verdict('That search stayed on your device. Nobody saw anything.', null, false);
  else showTaps().catch(() => verdict('What each party saw is told by the local suite alone.', null));
});

picker.addEventListener('sticker-select', (event) => {
  const { emoji, name, art } = (event as CustomEvent<StickerSelect>).detail;
  const image = new Image(40, 40);
  image.alt = name;
  image.title = `${emoji} ${name}`;
  image.src = (art && artUrl(art)) ?? '';
  const picked = $('#picked');
  picked.querySelector('p')?.remove();
  picked.append(image);
  while (picked.children.length > KEPT) picked.firstElementChild?.remove();
});

$('#copy').addEventListener('click', () => {
  const copied = navigator.clipboard.writeText($('#example').textContent ?? '');
  copied.then(
    () => ($('#copy').textContent = 'Copied'),
    () => ($('#copy').textContent = 'Select and copy'),
  );
});

async function start(): Promise<void> {
  chooser();
  verdict($('#verdict').textContent ?? '', null);
  const local = await getJson<Local>('/local.json');
  $('#example').textContent = example(local);
  picker.client = createBrowserClient({
    relay: local.relay,
    issuer: local.issuer,
    root: local.root,
    ...(local.restSeconds !== undefined && { restSeconds: local.restSeconds }),
    account: async () => (await getJson<{ token: string }>('/local/account', 'POST')).token,
  });
  picker.device = await loadDevice();
}

start().catch(() => verdict('The local suite does not answer. Start it again with npm start.', null));
