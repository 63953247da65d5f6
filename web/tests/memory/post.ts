/** A mailbox in memory, with letters to look at. */
import type {
  Drawer,
  FoundMail,
  Id,
  Invitation,
  Lain,
  LetterText,
  MailHome,
  MailPage,
  MailRow,
  MarkChange,
  Message,
  Tag,
} from '../../src/engine/api';
import { isIn } from '../../src/state/mail-places';

const HOUR = 3_600_000;

interface Letter {
  from: [name: string, address: string];
  subject: string;
  text: string;
  hoursAgo: number;
  thread?: string;
  change?: Partial<Message>;
}

const INVITATION: Invitation = {
  method: 'REQUEST',
  summary: 'An evening about gates',
  location: 'Reading room, first floor',
  organizer: 'Municipal Library',
  start: { date: [2026, 12, 4], time: [18, 30], zone: '' },
  end: null,
  duration: 'PT1H30M',
  recurs: false,
};

const LETTERS: Letter[] = [
  {
    from: ['Clara Weiss', 'clara@garden.example'],
    subject: 'The keys to the garden house',
    text: 'They hang behind the third flowerpot again. Come whenever you like; the kettle is on the shelf.',
    hoursAgo: 1,
    thread: 'garden',
  },
  {
    from: ['Municipal Library', 'desk@library.example'],
    subject: 'Two books are waiting for you',
    text: 'You asked for “The Wall” and “A History of Gates”. Both lie at the desk until Saturday.',
    hoursAgo: 5,
    change: { attachments: [{ name: 'receipt.pdf', mediaType: 'application/pdf', sizeBytes: 48_230 }] },
  },
  {
    from: ['Ben', 'ben@home.example'],
    subject: 'Re: Sunday',
    text: 'Three o’clock is fine. I bring the cake, you bring the chairs, as always.',
    hoursAgo: 27,
    change: { read: true, starred: true },
  },
  {
    from: ['Nobody', 'help@bank.example'],
    subject: 'Your account is locked',
    text: 'Please confirm your password within 24 hours.',
    hoursAgo: 30,
    change: { origin: 'unknown' },
  },
  {
    from: ['Ada', 'ada@localhost'],
    subject: 'Re: The keys to the garden house',
    text: 'And the small one, for the shed?',
    hoursAgo: 48,
    thread: 'garden',
    change: { read: true, origin: 'own', place: 'sent' },
  },
];

export class Post {
  #messages: (Message & { thread: string })[] = [];
  #trusted = new Set<string>();
  #kept = { trashDays: 30, spamDays: 30 };
  #tags: Record<'folders' | 'labels', Tag[]> = { folders: [], labels: [] };

  furnish() {
    const now = Date.now();
    this.#messages = LETTERS.map((letter, index) => message(letter, index, now));
  }

  home(): MailHome {
    const unread = (drawer: Drawer) => this.#rows(drawer).filter((row) => row.unread).length;
    return {
      addresses: ['ada@localhost'],
      folders: this.#tags.folders.map((tag) => ({ ...tag, unread: unread(`folder:${tag.id}`) })),
      labels: this.#tags.labels.map((tag) => ({ ...tag, unread: unread(`label:${tag.id}`) })),
      trusted: [...this.#trusted],
      ...this.#kept,
      gatewayChanged: false,
      whole: true,
      messages: this.#messages.length,
      sizeBytes: this.#messages.reduce((sum, one) => sum + one.sizeBytes, 0),
      unread: { inbox: unread('inbox'), spam: unread('spam') },
    };
  }

  list(drawer: Drawer, from: number, count: number): MailPage {
    const rows = this.#rows(drawer);
    return { total: rows.length, rows: rows.slice(from, from + count), home: this.home() };
  }

  /** By words of subject and text: enough to look at. */
  search(query: string, from: number, count: number): FoundMail {
    const has = (one: Message) => `${one.subject} ${one.snippet}`.toLowerCase().includes(query.toLowerCase());
    const rows = this.#messages.filter((one) => isIn(one, 'all', null) && has(one)).flatMap((one) => row([one], [one]));
    const all = this.#messages.length;
    const page = { total: rows.length, rows: rows.slice(from, from + count), home: this.home() };
    return { ...page, read: all, all, whole: true };
  }

  conversation(id: Id): Message[] | null {
    const thread = this.#messages.find((one) => one.id === id)?.thread;
    const messages = this.#messages.filter((one) => one.thread === thread).toReversed();
    return thread ? messages.map((one) => ({ ...one })) : null;
  }

  letter(id: Id): LetterText | null {
    const found = this.#messages.find((one) => one.id === id);
    if (!found) return null;
    const { name, address } = found.from[0] ?? { name: '', address: '' };
    return {
      pictures: {},
      invitation: found.attachments.length > 0 ? INVITATION : null,
      pieces: [{ kind: 'text', paragraphs: [{ quote: 0, spans: [{ text: found.snippet, link: false }] }], cut: false }],
      attachments: found.attachments.map((part, index) => ({ ...part, charset: null, path: String(index + 2) })),
      headers: [
        { name: 'From', value: `${name} <${address}>` },
        { name: 'Subject', value: found.subject },
      ],
    };
  }

  listed(drawer: Drawer, query: string, among: Id[] | null): Id[] {
    const { rows } = query === '' ? this.list(drawer, 0, Infinity) : this.search(query, 0, Infinity);
    const all = rows.flatMap(({ messages }) => messages);
    return among ? all.filter((id) => among.includes(id)) : all;
  }

  mark(ids: Id[], { label = [], unlabel = [], ...change }: MarkChange): Lain[] {
    const before = this.#messages
      .filter(({ id }) => ids.includes(id))
      .map(({ id, place }) => ({ place, messages: [id] }));
    for (const one of this.#messages.filter(({ id }) => ids.includes(id))) {
      Object.assign(one, change);
      one.labels = [...one.labels.filter((known) => !unlabel.includes(known) && !label.includes(known)), ...label];
    }
    return before;
  }

  remove(ids: Id[]) {
    this.#messages = this.#messages.filter(({ id }) => !ids.includes(id));
  }

  makeTag(kind: 'folders' | 'labels', id: Id, name: string, colour: number): Tag | null {
    if (this.#tags[kind].some((tag) => tag.name === name)) return null;
    const tag = { id, name, colour, unread: 0 };
    this.#tags[kind].push(tag);
    return tag;
  }

  changeTag({ id, name, colour }: Omit<Tag, 'unread'>) {
    for (const tag of Object.values(this.#tags).flat()) if (tag.id === id) Object.assign(tag, { name, colour });
  }

  trust(address: string, trusted: boolean) {
    if (trusted) this.#trusted.add(address);
    else this.#trusted.delete(address);
  }

  keepFor(trashDays: number, spamDays: number) {
    this.#kept = { trashDays, spamDays };
  }

  removeTag(id: Id) {
    for (const kind of ['folders', 'labels'] as const) {
      this.#tags[kind] = this.#tags[kind].filter((tag) => tag.id !== id);
    }
  }

  #rows(drawer: Drawer): MailRow[] {
    const threads = Map.groupBy(this.#messages, (one) => one.thread);
    return [...threads.values()].flatMap((all) =>
      row(
        all,
        all.filter((one) => isIn(one, drawer, this.#tags)),
      ),
    );
  }
}

function row(all: Message[], listed: Message[]): MailRow[] {
  const newest = listed[0];
  if (!newest) return [];
  return [
    {
      id: newest.id,
      messages: listed.map(({ id }) => id),
      count: all.length,
      people: [...new Set(listed.toReversed().map(({ from }) => from[0]?.name ?? ''))],
      subject: newest.subject,
      snippet: newest.snippet,
      receivedMs: newest.receivedMs,
      unread: listed.some(({ read }) => !read),
      starred: listed.some(({ starred }) => starred),
      answered: newest.answered,
      attachments: listed.some(({ attachments }) => attachments.length > 0),
      labels: newest.labels,
      doubtful: listed.some(({ origin }) => origin === 'unknown' || origin === 'sealed'),
    },
  ];
}

function message(letter: Letter, index: number, nowMs: number): Message & { thread: string } {
  const [name, address] = letter.from;
  const passes = letter.change?.origin === undefined;
  return {
    id: `letter${index}`.padEnd(22, 'A'),
    thread: letter.thread ?? String(index),
    receivedMs: nowMs - letter.hoursAgo * HOUR,
    dateMs: nowMs - letter.hoursAgo * HOUR,
    origin: 'gateway',
    address: 'ada@localhost',
    from: [{ name, address }],
    to: [{ name: 'Ada', address: 'ada@localhost' }],
    cc: [],
    replyTo: [],
    subject: letter.subject,
    snippet: letter.text,
    sizeBytes: letter.text.length + 400,
    attachments: [],
    read: false,
    starred: false,
    answered: false,
    forwarded: false,
    place: 'inbox',
    labels: [],
    expiresMs: null,
    proof: {
      sender: address,
      peer: `mx.${address.split('@')[1]}`,
      tls: passes ? 'TLSv1.3' : '',
      spf: passes ? 'pass' : 'none',
      dkim: passes ? 'pass' : 'none',
      dkimDomains: passes ? [address.split('@')[1] ?? ''] : [],
      dmarc: passes ? 'pass' : 'none',
      arc: 'none',
      spam: false,
    },
    ...letter.change,
  };
}
