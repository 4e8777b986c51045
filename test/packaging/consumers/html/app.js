import { createBrowserClient } from '/sotto.min.js';

const { relay, issuer, root } = await (await fetch('/suite.json')).json();
const picker = document.querySelector('sotto-stickers');
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
