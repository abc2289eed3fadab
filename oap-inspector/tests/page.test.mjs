// The page at work: what it tells, by mouse and by keys, of good, hostile and large bytes.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launched, opened, text, told, tried } from './browser.mjs';

const TEN_MB = 10_000_000;
const folder = mkdtempSync(join(tmpdir(), 'inspector-'));
let browser;
before(async () => {
  browser = await launched();
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

/** Gives files as the button does. */
async function given(page, files) {
  const paths = Object.entries(files).map(([name, bytes]) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  });
  await page.$eval('#status', (it) => (it.textContent = ''));
  await (await page.$('#files')).uploadFile(...paths);
  return told(page);
}

const typed = async (page, first, second = '') => {
  await page.evaluate((first, second) => {
    document.querySelector('#clear').click();
    document.querySelector('#first').value = first;
    document.querySelector('#second').value = second;
    document.querySelector('#input').requestSubmit();
  }, first, second);
  return told(page);
};

const settled = (page, place) =>
  page.waitForFunction((place) => document.querySelector('#place').textContent.startsWith(place), {}, place);

test('a session is stepped through, and both windows follow', { timeout: 120_000 }, async () => {
  const { page, wrong } = await opened(browser);
  await tried(page, 'a session');
  await settled(page, '1 of 14');
  assert.match(await text(page, '#title'), /^HELLO, /);
  await page.focus('#frames');
  const credits = new Set();
  for (let step = 2; step <= 14; step += 1) {
    await page.keyboard.press('ArrowDown');
    await settled(page, `${step} of 14`);
    await page.waitForFunction(() => document.querySelectorAll('#windows figure').length === 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    credits.add((await text(page, '#windows figcaption')).match(/credit (\d)/)?.[1]);
  }
  for (const credit of '01234') {
    assert.ok(credits.has(credit), `credit ${credit} was shown`);
  }
  assert.equal(await page.$$eval('#windows svg', (drawings) => drawings.length), 2);
  await page.keyboard.press('Home');
  await settled(page, '1 of 14');
  await page.$eval('#slider', (slider) => {
    slider.value = 9;
    slider.dispatchEvent(new Event('input'));
  });
  await settled(page, '10 of 14');
  await page.click('[data-go="last"]');
  await settled(page, '14 of 14');
  assert.deepEqual(wrong, []);
});

test('a reject has its byte, label, limit and rule', { timeout: 120_000 }, async () => {
  const { page, wrong } = await opened(browser);
  await tried(page, 'a frame over 1 MiB');
  await settled(page, '2 of 2');
  await page.waitForSelector('#reject:not([hidden])');
  assert.match(await text(page, '#reject'), /^frame_oversize: length .*\(limit 1,048,576\); known at byte 14; rule 1\.2$/);
  const href = await page.$eval('#reject a', (a) => a.getAttribute('href'));
  assert.equal(href, '../OAP-1.html#12-length-no-more-than-max_frame');
  assert.equal(await text(page, '#dump .rejected'), '01');

  await tried(page, 'more than the window');
  await page.waitForFunction(() => /credit_violation/.test(document.querySelector('#reject').textContent));
  assert.match(await text(page, '#reject'), /rule 4\.10$/);
  assert.deepEqual(wrong, []);
});

test('every byte has a field and a rule', { timeout: 120_000 }, async () => {
  const { page } = await opened(browser);
  await typed(page, '0x00 00:00 0B 02000003 0a0161');
  await page.waitForSelector('#parts tbody tr');
  const rows = await page.$$eval('#parts tbody tr', (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.deepEqual(rows[0], ['0–3', 'length', '11', '1.2, 1.3']);
  assert.deepEqual(rows.at(-1), ['10', 'stream', '"a"', '2.5']);
  assert.match(await typed(page, '000'), /no hex/);
});

test('what a peer writes is text and never a part of the page', { timeout: 120_000 }, async () => {
  const { page, wrong } = await opened(browser);
  const name = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>';
  const header = Buffer.concat([Buffer.from([0x0a, name.length]), Buffer.from(name)]);
  const prefix = Buffer.from([0, 0, 0, 8 + header.length, 2, 0, 0, header.length]);
  await typed(page, Buffer.concat([prefix, header]).toString('hex'));
  await page.waitForFunction(() => /<img/.test(document.querySelector('#parts').textContent));
  assert.equal(await page.evaluate(() => window.broken), undefined);
  assert.equal(await page.$('#result img, #result script'), null);
  assert.deepEqual(wrong, []);
});

test('files are dropped, one or both directions, and a long text is pasted', { timeout: 120_000 }, async () => {
  const { page, wrong } = await opened(browser);
  const event = (type, selector, given) =>
    page.evaluate((type, selector, { files = {}, text }) => {
      document.querySelector('#status').textContent = '';
      const data = new DataTransfer();
      for (const [name, bytes] of Object.entries(files)) {
        data.items.add(new File([new Uint8Array(bytes)], name));
      }
      if (text) {
        data.setData('text', text);
      }
      const how = { bubbles: true, cancelable: true };
      const happened = type === 'paste' ? new ClipboardEvent(type, { ...how, clipboardData: data }) : new DragEvent(type, { ...how, dataTransfer: data });
      document.querySelector(selector).dispatchEvent(happened);
    }, type, selector, given);
  const capture = [...readFileSync(new URL('session.pcapng', import.meta.url))];
  await event('drop', 'body', { files: { 'session.pcapng': capture } });
  assert.match(await told(page), /^\d+ frames, nothing rejected/);
  assert.match(await text(page, '#windows figcaption'), /in flight|no HELLO/);

  const hello = [0, 0, 0, 14, 1, 0, 0, 6, 8, 1, 16, 128, 128, 64];
  await event('drop', 'body', { files: { 'b.bin': hello, 'a.bin': [...hello, 0, 0, 0, 10, 4, 0, 0, 2, 8, 7] } });
  assert.match(await told(page), /^3 frames, 1 reject/);
  assert.match(await text(page, '#first-file'), /^a\.bin, 24 bytes$/);

  await page.click('#clear');
  await event('paste', '#first', { text: '0000000a040000020807'.repeat(20_000) });
  assert.match(await told(page), /^20,000 frames, nothing rejected/);
  assert.deepEqual(wrong, []);
});

test('bytes that nobody meant are answered, with and without the magic of a capture', { timeout: 300_000 }, async () => {
  const { page, wrong } = await opened(browser);
  let state = 0x0a91;
  const byte = () => (state = (state * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16 & 0xff;
  const noise = (size) => Uint8Array.from({ length: size }, byte);
  const capture = readFileSync(new URL('session.pcapng', import.meta.url));
  for (let i = 0; i < 20; i += 1) {
    const broken = Buffer.from(capture);
    broken[40 + (i * 37) % (broken.length - 40)] ^= 1 + i;
    for (const bytes of [noise(200), Buffer.concat([capture.subarray(0, 200), noise(300)]), broken]) {
      assert.doesNotMatch(await given(page, { 'noise.bin': bytes }), /failed/);
    }
  }
  assert.deepEqual(wrong, []);
});

const frames = (hex) => Buffer.from(hex.repeat(TEN_MB / (hex.length / 2)), 'hex');
/** Both directions of a session of 10 MB: DATA within a window of 32, acknowledged by tens. */
function session() {
  const varint = (number) => (number < 128 ? [number] : [(number & 127) | 128, ...varint(number >> 7)]);
  const frame = (kind, header, body = []) => [0, 0, 0, 8 + header.length + body.length, kind, 0, 0, header.length, ...header, ...body];
  const hello = frame(1, [8, 1, 16, 128, 128, 64]);
  const [sent, answered] = [[hello, frame(2, [10, 1, 97])], [hello]];
  for (let seq = 1; seq <= TEN_MB / 16; seq += 1) {
    sent.push(frame(3, [8, ...varint(seq)], [1, 2, 3]));
    if (seq % 10 === 0) {
      answered.push(frame(4, [8, ...varint(seq)]));
    }
  }
  return [sent, answered].map((frames) => Buffer.from(frames.flat()));
}

const LARGE = {
  'frames of 10 bytes': frames('0000000a040000020807'),
  'DATA of 13 bytes': frames('0000000d0300000208076162630000'.slice(0, 26)),
  'zeros': Buffer.alloc(TEN_MB),
  'both directions': session(),
  'a capture of ff': Buffer.concat([Buffer.from('0a0d0d0a', 'hex'), Buffer.alloc(TEN_MB, 0xff)]),
};
for (const [name, bytes] of Object.entries(LARGE)) {
  test(`10 MB: ${name}: the page answers meanwhile, and then soon`, { timeout: 300_000 }, async () => {
    const { page, wrong } = await opened(browser);
    await page.evaluate(() => {
      let last = performance.now();
      window.longest = 0;
      setInterval(() => {
        window.longest = Math.max(window.longest, performance.now() - last);
        last = performance.now();
      }, 20);
    });
    const began = performance.now();
    const status = await given(page, Array.isArray(bytes) ? { a: bytes[0], b: bytes[1] } : { large: bytes });
    const seconds = (performance.now() - began) / 1_000;
    const longest = await page.evaluate(() => window.longest);
    console.log(`# ${name}: ${status}; ${seconds.toFixed(1)} s in all, the page's longest pause ${Math.round(longest)} ms`);
    assert.doesNotMatch(status, /failed/);
    assert.match(status, name === 'both directions' ? /nothing rejected/ : /./);
    assert.ok(seconds < 60, `${seconds} s`);
    // A machine that is busy stops it too; were the work on the page, it would stop for all of it.
    assert.ok(longest < Math.max(1_000, 500 * seconds), `${longest} ms`);
    assert.ok((await page.$$eval('.row', (rows) => rows.length)) < 100, 'only what is seen is drawn');
    if (name === 'frames of 10 bytes') {
      await page.focus('#frames');
      await page.keyboard.press('End');
      await settled(page, '1,000,000 of 1,000,000');
      await page.waitForFunction(() => /up to 7/.test(document.querySelector('#step-999999')?.textContent ?? ''));
      const seen = await page.$eval('#step-999999', (row) => row.getBoundingClientRect().bottom <= document.querySelector('#frames').getBoundingClientRect().bottom + 1);
      assert.ok(seen, 'the last row can be seen');
    }
    assert.deepEqual(wrong, []);
    await page.close();
  });
}

test('400 pixels are enough, light and dark', { timeout: 120_000 }, async () => {
  for (const scheme of ['light', 'dark']) {
    const { page } = await opened(browser, { width: 400, height: 800, scheme });
    await tried(page, 'more than the window');
    await page.waitForSelector('#parts tbody tr');
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 400, `${width} pixels, ${scheme}`);
  }
});
