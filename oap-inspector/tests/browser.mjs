// The inspector in Debian's Chromium, opened as a file.

import puppeteer from 'puppeteer-core';

const PAGE = new URL('../../build/inspector/index.html', import.meta.url).href;

/** A page of that width, and what went wrong in it: errors, and addresses that are no file of the inspector. */
export async function opened(browser, { width = 1280, height = 900, scheme = 'light' } = {}) {
  const page = await browser.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && wrong.push(`console: ${message.text()}`));
  page.on('request', (request) => /^(file|data|blob):/.test(request.url()) || wrong.push(`asked for ${request.url()}`));
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(PAGE);
  await page.waitForSelector('body[data-ready]', { timeout: 60_000 });
  return { page, wrong };
}

export const launched = () =>
  puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run'],
    protocolTimeout: 300_000,
  });

export async function tried(page, name) {
  await page.evaluate((name) => {
    [...document.querySelectorAll('#samples button')].find((button) => button.textContent === name).click();
  }, name);
  await told(page);
}

/** The status, once it is one. */
export async function told(page) {
  await page.waitForFunction(() => !['', 'looking …'].includes(document.querySelector('#status').textContent), { timeout: 120_000 });
  return page.$eval('#status', (it) => it.textContent);
}

export const text = (page, selector) => page.$eval(selector, (it) => it.textContent);

