/** Letters that come from other programs, in files: what of them has been read, and what came of it. */
import type { ImportedMail, Place, UploadItem } from '../engine/api';
import { Action } from './action.svelte';
import { engine, listen } from './engine';
import { whenLeft } from './leaving';

class Archives {
  doneBytes = $state(0);
  allBytes = $state(0);
  outcome = $state.raw<ImportedMail | null>(null);
  /** It goes on when the screen is left on which it was begun. */
  readonly importing = new Action();

  bring(items: UploadItem[], place: Place) {
    if (items.length === 0) return;
    return this.importing.run(async () => {
      this.outcome = null;
      this.doneBytes = 0;
      this.allBytes = items.reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
      this.outcome = await engine.importMail(items, place);
    });
  }

  stop() {
    return engine.stopMailImport();
  }
}

export const archives = new Archives();

whenLeft(() => {
  archives.outcome = null;
  void archives.stop();
});

listen((event) => {
  if (event.type === 'mail-import') archives.doneBytes = event.doneBytes;
});
