import '@sotto/picker';
import '@sotto/picker/languages';
import { createBrowserClient } from '@sotto/client/browser';

const { relay, issuer, root } = await (await fetch('/suite.json')).json();
const picker = document.createElement('sotto-stickers');
picker.setAttribute('mode', 'network');
picker.setAttribute('locale', 'de');
picker.client = createBrowserClient({
  relay,
  issuer,
  root,
  restSeconds: 0,
  account: async () => (await (await fetch('/account', { method: 'POST' })).json()).token,
});
picker.addEventListener('sticker-select', ({ detail }) => {
  document.querySelector('#picked').textContent = detail.emoji;
});
document.querySelector('main').append(picker);
