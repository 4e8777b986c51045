/** How an app takes the picker, with the addresses of this very suite. */
export const example = ({ relay, issuer, root }: { relay: string; issuer: string; root: string }): string =>
  `<sotto-stickers mode="network"></sotto-stickers>

<script type="module">
  import '@sotto/picker';
  import { createBrowserClient } from '@sotto/client/browser';

  const client = createBrowserClient({
    relay: '${relay}',
    issuer: '${issuer}',
    root: '${root}',
    account: () => yourAccountToken(),
  });
  client.start(); // draws tokens ahead, by the calendar

  const picker = document.querySelector('sotto-stickers');
  picker.client = client;
  picker.addEventListener('sticker-select', ({ detail }) => {
    insert(detail.art ?? detail.emoji);
  });
</script>`;
