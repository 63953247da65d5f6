/** Who may be where. */
import type { Route } from './router.svelte';
import { session } from './session.svelte';

const PRIVATE: Route['screen'][] = ['drive', 'mail', 'shares', 'settings', 'administration'];
const ENTRANCES: Route['screen'][] = ['welcome', 'sign-in', 'sign-up', 'recover'];

export function isPrivate(route: Route): boolean {
  return PRIVATE.includes(route.screen);
}

export function guard(route: Route): string | null {
  if (session.standing === 'out' && isPrivate(route)) return '/sign-in';
  if (session.standing === 'in' && ENTRANCES.includes(route.screen)) return '/drive';
  return null;
}
