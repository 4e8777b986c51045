import '@sotto/picker';
import type {} from '@sotto/picker/react';
import { createBrowserClient, type Client } from '@sotto/client/browser';
import type { StickerSelect } from '@sotto/picker';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

function App({ client }: { client: Client }) {
  const [picked, pick] = useState<StickerSelect | null>(null);
  return (
    <main>
      <sotto-stickers
        mode="network"
        locale="en"
        client={client}
        onsticker-select={({ detail }) => pick(detail)}
      />
      <p id="picked">{picked?.emoji}</p>
    </main>
  );
}

// @ts-expect-error the attribute has two values
export const wrong = <sotto-stickers mode="cloud" />;

const { relay, issuer, root } = await (await fetch('/suite.json')).json();
const client = createBrowserClient({
  relay,
  issuer,
  root,
  restSeconds: 0,
  account: async () => (await (await fetch('/account', { method: 'POST' })).json()).token,
});
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App client={client} />
  </StrictMode>,
);
