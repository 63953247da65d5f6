import { expect, test, vi } from 'vitest';

vi.mock('#engine', () => ({ start: () => ({ engine: {}, listen: () => {} }) }));
const { Action } = await import('./action.svelte');

test('a second click is ignored, what is queued is not', async () => {
  const done: string[] = [];
  const slow = (name: string) => async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    done.push(name);
  };
  const action = new Action();
  const results = await Promise.all([action.run(slow('one')), action.run(slow('two'))]);
  expect(results).toEqual([true, false]);
  await Promise.all([action.queue(slow('three')), action.queue(slow('four'))]);
  expect(done).toEqual(['one', 'three', 'four']);
});

test('a failure is kept to be told, and does not stop what is queued behind it', async () => {
  const action = new Action();
  const failed = action.queue(() => Promise.reject({ kind: 'offline' }));
  const next = action.queue(async () => {});
  expect(await failed).toBe(false);
  expect(await next).toBe(true);
  expect(action.error).toBe(null);
});

test('who looks while somebody looks is shown what came meanwhile', async () => {
  let there = 'old';
  let shown = '';
  const action = new Action();
  const look = async () => {
    const found = there;
    await new Promise((resolve) => setTimeout(resolve, 5));
    shown = found;
  };
  const first = action.look(look);
  there = 'new';
  expect(await Promise.all([first, action.look(look)])).toEqual([true, true]);
  expect(shown).toBe('new');
});

test('a look that fails is told, unless somebody looks again meanwhile', async () => {
  const action = new Action();
  const answers = [() => Promise.reject({ kind: 'not-found' }), async () => {}];
  const look = () => (answers.shift() ?? (() => Promise.reject({ kind: 'offline' })))();
  expect(await Promise.all([action.look(look), action.look(look)])).toEqual([true, true]);
  expect(action.error).toBe(null);
  expect(await action.look(look)).toBe(false);
  expect(action.error).toEqual({ kind: 'offline' });
  expect(action.busy).toBe(false);
});
