/** A table of addresses and the screen that each one shows. Everything else is the history API. */

import { tick } from 'svelte';
import type { Drawer } from '../engine/api';

export type Route =
  | { screen: 'welcome' }
  | { screen: 'sign-up' }
  | { screen: 'sign-in' }
  | { screen: 'recover' }
  | { screen: 'drive'; folder: string | null }
  | { screen: 'mail'; drawer: Drawer; message: string | null }
  | { screen: 'shares' }
  | { screen: 'settings' }
  | { screen: 'administration'; domain: string | null }
  | { screen: 'link'; id: string }
  | { screen: 'not-found' };

type Rule = [pattern: RegExp, route: (...parts: (string | undefined)[]) => Route];

/** A drawer, and the message of which the conversation is open. */
const MAIL = /^\/mail(?:\/(inbox|archive|sent|spam|trash|starred|all|(?:folder|label):[\w-]{22}))?(?:\/([\w-]{22}))?$/;

const RULES: Rule[] = [
  [/^\/$/, () => ({ screen: 'welcome' })],
  [/^\/sign-up$/, () => ({ screen: 'sign-up' })],
  [/^\/sign-in$/, () => ({ screen: 'sign-in' })],
  [/^\/recover$/, () => ({ screen: 'recover' })],
  [/^\/drive$/, () => ({ screen: 'drive', folder: null })],
  [/^\/drive\/([\w-]{22})$/, (folder) => ({ screen: 'drive', folder: folder ?? null })],
  [MAIL, (drawer = 'inbox', message) => ({ screen: 'mail', drawer: drawer as Drawer, message: message ?? null })],
  [/^\/shares$/, () => ({ screen: 'shares' })],
  [/^\/settings$/, () => ({ screen: 'settings' })],
  [/^\/administration$/, () => ({ screen: 'administration', domain: null })],
  [/^\/administration\/([a-z0-9.-]{1,253})\/$/, (domain) => ({ screen: 'administration', domain: domain ?? null })],
  // Whatever follows /s/ is taken for a link, however mangled: the link page can say more about it than a 404.
  [/^\/s\/([^/]*)\/?$/, (id = '') => ({ screen: 'link', id })],
];

export function parseRoute(path: string): Route {
  for (const [pattern, route] of RULES) {
    const match = pattern.exec(path);
    if (match) return route(...match.slice(1));
  }
  return { screen: 'not-found' };
}

/** Where somebody is sent instead, or `null` if they may stay. */
export type Guard = (route: Route) => string | null;

/** What the browser keeps of each page that it can go back to. */
interface Entry {
  /** Where the person was before. */
  beneath: string;
}

class Router {
  route: Route = $state.raw({ screen: 'welcome' });
  #guard: Guard = () => null;
  /** The browser is on its way back. It does not wait for that: what is asked for meanwhile would be left again. */
  #leaving: Promise<void> | null = null;

  start(guard: Guard) {
    this.#guard = guard;
    this.#read();
    addEventListener('popstate', () => this.#read());
  }

  go(path: string, how: 'push' | 'replace' = 'push') {
    if (this.#leaving) {
      void this.#leaving.then(() => this.go(path, how));
      return;
    }
    if (how === 'push') history.pushState({ beneath: location.pathname } satisfies Entry, '', path);
    else history.replaceState(history.state, '', path);
    this.#read();
    scrollTo(0, 0);
    void announce();
  }

  /** Closes what was opened over the page at `path`: the browser's way back does not lead into it again. */
  leaveTo(path: string) {
    if (this.#leaving || (history.state as Entry | null)?.beneath !== path) {
      this.go(path, 'replace');
      return;
    }
    this.#leaving = new Promise((resolve) => addEventListener('popstate', () => resolve(), { once: true }));
    void this.#leaving.then(() => (this.#leaving = null));
    history.back();
  }

  /** Somebody came in or went out: where they are may not be theirs any more. */
  check() {
    this.#read();
  }

  #read() {
    const route = parseRoute(location.pathname);
    const instead = this.#guard(route);
    if (instead === null) {
      this.route = route;
      return;
    }
    history.replaceState(null, '', instead);
    this.route = parseRoute(instead);
  }
}

/** A screen reader has to hear that the page is another one now: the focus goes to where its content begins. */
async function announce() {
  await tick();
  document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
}

export const router = new Router();

/** For anchors: a plain click stays on the page; a click for a new tab is the browser's. */
export function follow(event: MouseEvent) {
  const anchor = event.currentTarget;
  if (!(anchor instanceof HTMLAnchorElement) || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  router.go(anchor.pathname);
}
