/**
 * Takes the secret of a link out of the address bar. This module runs before any other, so that the secret is in no
 * history entry, no screenshot of the address bar, and no `location` that later code could hand on.
 */
let kept = '';
let hear: () => void = () => {};

function take() {
  if (!location.pathname.startsWith('/s/') || location.hash === '') return;
  kept = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  hear();
}

take();

// A link pasted into a tab that already shows one changes the fragment only, and loads nothing.
addEventListener('hashchange', take);

/** Hands the fragment out once; empty when there is none (a reload: it was never written down). */
export function takeFragment(): string {
  const fragment = kept;
  kept = '';
  return fragment;
}

export function onNewFragment(listener: () => void) {
  hear = listener;
}
