// picture.mjs IMAGE [WIDTH HEIGHT SCHEME SAMPLE]: a picture of the inspector in the middle of a session.

import { launched, opened, tried } from './browser.mjs';

const [image, width = 1280, height = 900, scheme = 'light', sample = 'a session'] = process.argv.slice(2);
const browser = await launched();
const { page } = await opened(browser, { width: Number(width), height: Number(height), scheme });
await tried(page, sample);
await page.focus('#frames');
if (sample === 'a session') {
  for (let step = 0; step < 6; step += 1) {
    await page.keyboard.press('ArrowDown');
  }
}
await new Promise((resolve) => setTimeout(resolve, 500));
await page.evaluate(() => {
  document.activeElement.blur();
  window.scrollTo(0, 0);
});
await page.screenshot({ path: image, type: 'png' });
await browser.close();
