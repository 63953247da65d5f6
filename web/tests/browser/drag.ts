/** Drags files and folders from "the desktop" into a page, through Chromium's own machinery. */

interface Session {
  send(method: 'Input.dispatchDragEvent', params: Drag): Promise<unknown>;
  detach(): Promise<void>;
}

interface Drag {
  type: 'dragEnter' | 'dragOver' | 'drop';
  x: number;
  y: number;
  data: { items: []; files: string[]; dragOperationsMask: number };
}

export async function dragIn(session: Session, files: string[]) {
  const data: Drag['data'] = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  }
  await session.detach();
}
