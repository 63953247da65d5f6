/** Draws the PNG icons from public/icon.svg. Run by hand when the mark changes: `node scripts/icons.js`. */
import { readFile, writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const SIZES = [180, 192, 512];

const svg = await readFile(new URL('../public/icon.svg', import.meta.url), 'base64');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
for (const size of SIZES) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(
    `<body style="margin:0"><img width="${size}" height="${size}" src="data:image/svg+xml;base64,${svg}">`,
  );
  await page.waitForTimeout(100);
  const image = await page.screenshot({ omitBackground: true });
  await writeFile(new URL(`../public/icon-${size}.png`, import.meta.url), image);
}
await browser.close();
