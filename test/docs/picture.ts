// Makes the picture of the README from the demo page: `npm run picture`.
import '../../services/local/src/offline-env.ts';
import path from 'node:path';
import { prepare } from '../../services/local/src/prepare.ts';
import { startSuite } from '../../services/local/src/suite.ts';
import { launch } from '../browser/chromium.ts';

const file = path.resolve(import.meta.dirname, '../../docs/picture.jpg');

await prepare();
const suite = await startSuite({ page: true, taps: true });
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1200, height: 640 }, colorScheme: 'light' });
await page.goto(suite.urls.page);
await page.locator('#examples button').nth(2).waitFor();
const found = page.evaluate(
  () =>
    new Promise<void>((resolve) => {
      document.addEventListener('sticker-results', () => resolve(), { once: true });
    }),
);
const picker = page.locator('sotto-stickers');
await picker.getByRole('combobox').fill('happy cat');
await found;
await picker.locator('[part=heading]').filter({ hasNotText: '…' }).waitFor();
await page.screenshot({ path: file, type: 'jpeg', quality: 70, animations: 'disabled' });
await browser.close();
await suite.dispose();
console.log(path.relative(process.cwd(), file));
