import { SottoStickers, type StickerResults, type StickerSelect } from '../src/index.ts';
import { artUrl } from '../src/art.ts';
import { withStill } from '../src/view/picture.ts';
import { personalPacks } from '../src/packs/index.ts';
import { lazyClient } from './client.ts';
import { CodeTabs } from './code-tabs.ts';
import { loadDevice } from './device.ts';
import { $, find } from './dom.ts';
import { Envelope } from './envelope.ts';
import { examples } from './examples.ts';
import { showExchange } from './exchange.ts';
import { getAccount, getLocal, getReport, type TapReport } from './local.ts';
import { speak, spoken, WORDS } from './words/index.ts';
import { en, type Words } from './words/en.ts';

const MOST_PICKED = 8; // stickers in the message

const picker = find('sotto-stickers', SottoStickers);
let words: Words = en;
let shown: { readonly verdict: keyof Words; readonly report: TapReport | null } = {
  verdict: 'start',
  report: null,
};
let sequence: Promise<number> = Promise.resolve(0); // of the last message that a party had received when the last search ended
const envelope = new Envelope();
const tabs = new CodeTabs(() => words);
const client = lazyClient(() => envelope.leave());

function show(verdict: keyof Words, report: TapReport | null = null): void {
  shown = { verdict, report };
  $('#verdict').textContent = words[verdict];
  showExchange(words, report);
}

function chooseLanguage(): void {
  const select = find('#locale', HTMLSelectElement);
  for (const language of Object.keys(WORDS)) {
    const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
    const option = new Option(name, language);
    option.lang = language;
    select.add(option);
  }
  select.value = document.documentElement.lang;
  // Searches contain no locale until one is chosen here, because every attribute makes an anonymity set smaller.
  select.addEventListener('change', () => void changeLanguage(select.value).catch(() => show('down')));
}

async function changeLanguage(language: string): Promise<void> {
  words = await speak(document.documentElement, language);
  picker.setAttribute('locale', language);
  show(shown.verdict, shown.report);
}

function chooseTheme(): void {
  const theme = find('#theme', HTMLSelectElement);
  theme.addEventListener('change', () => {
    document.documentElement.dataset['theme'] = theme.value;
    picker.setAttribute('theme', theme.value);
  });
}

/** Shows what the parties saw of the search that ended, and of no other. */
async function searched({ from, problem }: StickerResults): Promise<void> {
  const report = await getReport(await sequence);
  sequence = Promise.resolve(report.sequence);
  const reached = Object.keys(report).length > 1;
  if (problem !== null) show(reached ? 'partly' : 'nobodyAsked', report);
  else if (reached) show(report.relay ? 'parted' : 'partly', report);
  else show(from === 'device' ? 'stayed' : 'memory', report);
  envelope.arrive(report);
}

function pick({ emoji, name, art }: StickerSelect): void {
  const image = new Image(72, 72);
  image.alt = name;
  image.title = `${emoji} ${name}`;
  image.src = (art && artUrl(art)) ?? '';
  const picked = $('#picked');
  picked.querySelector('p')?.remove();
  picked.append(art === null ? image : withStill(image, art));
  while (picked.children.length > MOST_PICKED) picked.firstElementChild?.remove();
}

/** What the page needs only after the first stickers are painted: the client, and the examples with its addresses. */
async function startRest(): Promise<void> {
  const [local] = await Promise.all([getLocal(), sequence, client.load()]);
  tabs.show(examples({ ...local, page: location.origin }, await getAccount()));
}

async function start(): Promise<void> {
  words = await speak(document.documentElement, spoken(navigator.languages));
  chooseLanguage();
  chooseTheme();
  show('start');
  picker.addEventListener('sticker-results', ({ detail }) => {
    searched(detail).catch(() => show('unknown'));
  });
  picker.addEventListener('sticker-select', ({ detail }) => pick(detail));
  sequence = getReport().then((report) => report.sequence);
  sequence.catch(() => show('down'));
  const ready = new Promise((resolve) => {
    picker.addEventListener('sticker-ready', resolve, { once: true });
  });
  picker.client = client;
  picker.personalPacks = personalPacks();
  const device = loadDevice();
  picker.device = device;
  await ready;
  Promise.resolve(device.groups?.(picker.locale)).catch(() => (picker.device = null)); // no catalogue was built
  await startRest();
}

start().catch(() => show('down'));
