import { createBrowserClient } from '@sotto/client/browser';
import '@sotto/picker';
import { artUrl } from '@sotto/picker/art';
import { Group, type Delivery, type GroupEvents } from './group.ts';
import { decodeMessage, encodeMessage, type Message, type Sticker } from './message.ts';

/** What the app's server tells its pages. */
interface Config {
  readonly relay: string;
  readonly issuer: string;
  readonly root: string;
  readonly restSeconds: number;
}

const $ = (id: string): HTMLElement => document.getElementById(id)!;
const input = (id: string): HTMLInputElement => $(id) as HTMLInputElement;
const show = (id: string, text: string): void => void ($(id).textContent = text);

/** The tabs of this browser. A real app has a server here, which sees exactly what this channel sees. */
function tabs(): Delivery {
  const channel = new BroadcastChannel('e2ee-chat');
  return {
    send: (message) => channel.postMessage(message),
    listen: (run) => {
      channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (data instanceof Uint8Array) run(new Uint8Array(data));
      });
    },
  };
}

function add({ from, text, sticker }: Message): void {
  const line = document.createElement('li');
  const author = document.createElement('b');
  author.textContent = from;
  line.append(author, sticker === null ? text : picture(sticker));
  $('messages').append(line);
  line.scrollIntoView({ block: 'nearest' });
}

/** `artUrl` checks art that came from another member as the picker checks art of the network. */
function picture({ name, emoji, art }: Sticker): Node {
  const url = art && artUrl(art);
  if (url === null) return document.createTextNode(emoji || name);
  const image = new Image(96, 96);
  image.alt = name;
  image.src = url;
  return image;
}

async function startPicker(name: string): Promise<void> {
  const response = await fetch('/config');
  const { relay, issuer, root, restSeconds } = (await response.json()) as Config;
  const account = async (): Promise<string> => {
    const token = await fetch(`/account?name=${encodeURIComponent(name)}`, { method: 'POST' });
    return token.text();
  };
  const client = createBrowserClient({ relay, issuer, root, restSeconds, account });
  client.start(); // fetches tokens ahead of time, on a schedule
  document.querySelector('sotto-stickers')!.client = client;
}

async function enter(how: 'start' | 'join'): Promise<void> {
  const name = input('name').value.trim() || 'Somebody';
  const events: GroupEvents = {
    onMembers: (members, code) => {
      show('members', `${members} in this group. Everyone sees the same code: ${code}`);
      $('composer').hidden = false;
    },
    onMessage: (content) => {
      const message = decodeMessage(content);
      if (message !== null) add(message);
    },
    onRefused: () => show('notice', 'A message could not be read and was left out.'),
  };
  $('welcome').hidden = true;
  show('members', how === 'join' ? 'Waiting for a tab that starts a group…' : '');
  const group = await Group[how](name, tabs(), events);
  const send = (text: string, sticker: Sticker | null): void => {
    const message = { from: name, text, sticker };
    add(message);
    void group.send(encodeMessage(message));
  };
  $('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    const field = input('text');
    if (field.value.trim() !== '') send(field.value, null);
    field.value = '';
  });
  document.querySelector('sotto-stickers')!.addEventListener('sticker-select', ({ detail }) => {
    const { name: label, emoji, art } = detail;
    send('', { name: label, emoji, art });
  });
  await startPicker(name);
}

for (const how of ['start', 'join'] as const) {
  $(how).addEventListener('click', () => {
    enter(how).catch(() =>
      show('notice', 'The chat cannot reach its server. Start it again, and reload this page.'),
    );
  });
}
