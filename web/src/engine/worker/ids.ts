import type { Id } from '../api';

/** 16 random bytes as base64url: the form that every id of the service has. */
export function newId(): Id {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
