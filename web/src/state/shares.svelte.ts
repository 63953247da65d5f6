import type { Id, Share } from '../engine/api';
import { Action } from './action.svelte';
import { engine, listen } from './engine';
import { beginVisit, whenLeft } from './leaving';

class Shares {
  all: Share[] | null = $state.raw(null);
  readonly loading = new Action();
  readonly changing = new Action();

  load() {
    return this.loading.look(async () => {
      const isSameVisit = beginVisit();
      const all = await engine.shares();
      if (isSameVisit()) this.all = all;
    });
  }

  revoke(link: Id) {
    return this.changing.run(async () => {
      await engine.unshare(link);
      this.all = await engine.shares();
    });
  }
}

export const shares = new Shares();

whenLeft(() => (shares.all = null));

listen((event) => {
  if (event.type === 'shares-changed' && (shares.all || shares.loading.busy)) void shares.load();
});
