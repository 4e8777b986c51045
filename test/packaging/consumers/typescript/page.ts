// A page with the picker: the element, its properties and its events are typed.
import '@sotto/picker';
import { createBrowserClient } from '@sotto/client/browser';
import { completeShortcodes } from '@sotto/picker/completion';
import { createDevice } from '@sotto/picker/device';
import { LANGUAGES } from '@sotto/picker/languages';
import { personalPacks } from '@sotto/picker/packs';

export function embed(): void {
  const picker = document.querySelector('sotto-stickers');
  if (picker === null) return;
  picker.client = createBrowserClient({ relay: '', issuer: '', root: '', account: async () => '' });
  picker.device = createDevice({ engine: () => Promise.reject(new Error()), get: async () => null });
  picker.personalPacks = personalPacks();
  picker.addEventListener('sticker-select', ({ detail }) => {
    const emoji: string = detail.emoji;
    console.log(emoji, LANGUAGES['de']?.search);
  });
  const field = document.querySelector('textarea');
  if (field !== null && picker.device !== null)
    completeShortcodes(field, { device: picker.device, locale: 'en' });
}
