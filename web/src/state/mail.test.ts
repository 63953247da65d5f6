import { beforeEach, expect, test, vi } from 'vitest';
import type { EngineEvent, MailPage } from '../engine/api';

const { engine, heard } = vi.hoisted(() => ({
  engine: { listMail: vi.fn(), mailHome: vi.fn() },
  heard: [] as ((event: EngineEvent) => void)[],
}));
vi.mock('#engine', () => ({ start: () => ({ engine, listen: (hear: (typeof heard)[0]) => heard.push(hear) }) }));
const { mail } = await import('./mail.svelte');
const { forgetAccount } = await import('./leaving');

const page = (total: number) => ({ total, rows: [] }) as unknown as MailPage;

/** An answer that comes when the test says so. */
function late() {
  let come: (page: MailPage) => void = () => {};
  engine.listMail.mockReturnValueOnce(new Promise<MailPage>((resolve) => (come = resolve)));
  return (total: number) => come(page(total));
}

const tell = (event: EngineEvent) => {
  for (const hear of heard) hear(event);
};

beforeEach(() => {
  forgetAccount();
  vi.resetAllMocks();
});

test('mail that comes while the first list is on its way is shown', async () => {
  const answer = late();
  engine.listMail.mockResolvedValueOnce(page(1));
  const shown = mail.show('inbox');
  tell({ type: 'mail-changed' });
  answer(0);
  await shown;
  expect(mail.list.total).toBe(1);
});

test('nobody is shown the list that the one before asked for', async () => {
  const answer = late();
  const shown = mail.show('inbox');
  forgetAccount();
  answer(3);
  await shown;
  expect(mail.list.total).toBe(null);
});

test('nobody looks for mail that nobody wants to see', () => {
  tell({ type: 'mail-changed' });
  expect(engine.listMail).not.toHaveBeenCalled();
});
