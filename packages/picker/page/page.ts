import { createBrowserClient, type Client } from '@sotto/client/browser';
import { SottoStickers, type SearchClient, type StickerResults, type StickerSelect } from '../src/index.ts';
import { artUrl } from '../src/art.ts';
import { LANGUAGES } from '../src/languages.ts';
import { personalPacks } from '../src/packs/index.ts';
import { CodeTabs } from './code-tabs.ts';
import { loadDevice } from './device.ts';
import { $, find } from './dom.ts';
import { Envelope } from './envelope.ts';
import { examples } from './examples.ts';
import { showExchange } from './exchange.ts';
import { getAccount, getLocal, getReport, type Local, type TapReport } from './local.ts';
import { speak, spoken, WORDS, type Words } from './words/index.ts';

const MOST_PICKED = 8; // stickers in the message

const picker = find('sotto-stickers', SottoStickers);
let words: Words = speak(document.documentElement, spoken(navigator.languages));
let shown: { readonly verdict: keyof Words; readonly report: TapReport | null } = {
  verdict: 'start',
  report: null,
};
let sequence = 0; // of the last message that a party had received when the last search ended
const envelope = new Envelope();
const tabs = new CodeTabs(() => words);

function show(verdict: keyof Words, report: TapReport | null = null): void {
  shown = { verdict, report };
  $('#verdict').textContent = words[verdict];
  showExchange(words, report);
}

function chooseLanguage(): void {
  const select = find('#locale', HTMLSelectElement);
  for (const language of Object.keys(WORDS).filter(
    (name) => name === 'en' || Object.hasOwn(LANGUAGES, name),
  )) {
    const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
    const option = new Option(name, language);
    option.lang = language;
    select.add(option);
  }
  select.value = document.documentElement.lang;
  // The network is told no locale until one is chosen here, because every attribute makes an anonymity set smaller.
  select.addEventListener('change', () => {
    words = speak(document.documentElement, select.value);
    picker.setAttribute('locale', select.value);
    show(shown.verdict, shown.report);
  });
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
  const report = await getReport(sequence);
  sequence = report.sequence;
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
  picked.append(image);
  while (picked.children.length > MOST_PICKED) picked.firstElementChild?.remove();
}

/** The client, and an envelope that leaves when it searches. */
function watched(client: Client): SearchClient {
  return {
    search: (query, options) => {
      envelope.leave();
      return client.search(query, options);
    },
    retrySearch: (attempt) => {
      envelope.leave();
      return client.retrySearch(attempt as Parameters<Client['retrySearch']>[0]);
    },
  };
}

const clientOf = ({ relay, issuer, root, restSeconds }: Local): Client =>
  createBrowserClient({ relay, issuer, root, restSeconds, account: getAccount });

async function start(): Promise<void> {
  chooseLanguage();
  chooseTheme();
  show('start');
  picker.addEventListener('sticker-results', ({ detail }) => {
    searched(detail).catch(() => show('unknown'));
  });
  picker.addEventListener('sticker-select', ({ detail }) => pick(detail));
  const device = loadDevice();
  picker.device = device;
  picker.personalPacks = personalPacks();
  Promise.resolve(device.groups?.('en')).catch(() => (picker.device = null)); // no catalogue was built
  const local = await getLocal();
  sequence = (await getReport()).sequence;
  picker.client = watched(clientOf(local));
  tabs.show(examples({ ...local, page: location.origin }, await getAccount()));
}

start().catch(() => show('down'));
