/** Drags files and folders from "the desktop" into a page, through the browser's own machinery. */
import type { Page } from 'playwright-core';

export async function dragIn(page: Page, files: string[]) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  }
  await session.detach();
}
