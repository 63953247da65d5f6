import { expect, test } from 'vitest';
import { parseRoute } from './router.svelte';

const ID = 'AAAAAAAAAAAAAAAAAAAAAA';

test('each address leads to its screen', () => {
  expect(parseRoute('/')).toEqual({ screen: 'welcome' });
  expect(parseRoute('/drive')).toEqual({ screen: 'drive', folder: null });
  expect(parseRoute(`/drive/${ID}`)).toEqual({ screen: 'drive', folder: ID });
  expect(parseRoute('/mail')).toEqual({ screen: 'mail', drawer: 'inbox', message: null });
  expect(parseRoute(`/mail/label:${ID}/${ID}`)).toEqual({ screen: 'mail', drawer: `label:${ID}`, message: ID });
  expect(parseRoute('/settings')).toEqual({ screen: 'settings' });
  expect(parseRoute('/administration')).toEqual({ screen: 'administration', domain: null });
  expect(parseRoute('/administration/a.example/')).toEqual({ screen: 'administration', domain: 'a.example' });
});

test('a mangled link still reaches the link page, which can explain it', () => {
  for (const id of [ID, ID.slice(1), `${ID}.`, '']) expect(parseRoute(`/s/${id}`)).toEqual({ screen: 'link', id });
});

test('whatever else leads to the page that says so', () => {
  for (const path of [
    '/drives',
    '/drive/short',
    `/drive/${ID}/more`,
    '/sign-up/x',
    '/mail/attic',
    '/mail/inbox/short',
  ]) {
    expect(parseRoute(path)).toEqual({ screen: 'not-found' });
  }
});
