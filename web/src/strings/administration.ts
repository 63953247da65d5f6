/** What the pages for administrators say. */
import { formatNumber } from '../format/count';

const addresses = (n: number) => (n === 1 ? '1 address' : `${formatNumber(n)} addresses`);

export const administration = {
  title: 'Administration',
  lead: 'The domains for which this server takes mail, and whose address is whose. Administrators see names and addresses, and nothing that anybody keeps: no letter, no file, no key.',
  domains: 'Domains',
  own: 'the server’s own',
  isOwn: 'The server’s own domain: everybody here has an address at it.',
  addresses,
  rest: (account: string) => `the rest goes to ${account}`,
  add: 'Add a domain',
  addHint: 'One that is yours: what it needs in DNS is shown next.',
  addIt: 'Add',
  placeholder: 'example.org',
  path: 'Where you are',

  dns: 'In DNS',
  dnsLead: 'Copy each record to where your DNS is kept. One that says the same in other words is as good.',
  looking: 'Asking DNS…',
  again: 'Look again',
  allRight: 'Everything that mail needs is published.',
  needed: (n: number) =>
    n === 1 ? 'One record that mail needs is not right yet.' : `${n} records that mail needs are not right yet.`,
  notKnown: 'Some of it could not be looked up.',
  state: { right: 'Right', missing: 'Missing', different: 'Different', unknown: 'Not known' },
  optional: 'good to have',
  purpose: {
    mx: 'Where mail is brought',
    spf: 'Who sends for the domain',
    dkim: 'The key that signs',
    dmarc: 'What becomes of forgeries',
    'mta-sts': 'That there is a policy for TLS',
    'mta-sts-policy': 'Where that policy is fetched',
    'tls-rpt': 'Who hears of failures of TLS',
    unknown: 'Something newer than this page',
  },
  short: {
    mx: 'MX',
    spf: 'SPF',
    dkim: 'DKIM',
    dmarc: 'DMARC',
    'mta-sts': 'MTA-STS',
    'mta-sts-policy': 'MTA-STS',
    'tls-rpt': 'TLS-RPT',
    unknown: '',
  },
  record: 'The record',
  name: 'Name',
  type: 'Type',
  value: 'Value',
  found: 'Found',
  copy: (what: string, of: string) => `Copy ${what.toLowerCase()} of ${of}`,

  catchAll: 'Everything else',
  catchAllLead: 'Who gets what is written to addresses of this domain that nobody has.',
  catchAllNone: 'Nobody: it is refused, and whoever wrote hears of it at once.',
  catchAllNow: (account: string) => `At the moment ${account} gets it.`,
  catchAllAccount: 'Account',
  catchAllSet: 'Let them have it',
  catchAllClear: 'Refuse it',

  people: 'Addresses',
  peopleLead: 'From the moment that an address is given to somebody else, what is written to it goes to them.',
  peopleOwn: 'Besides the names of accounts, which stay with them, there may be others.',
  noPeople: 'No addresses yet.',
  isName: 'their name',
  local: 'Address',
  account: 'Account',
  accountHint: 'The name by which they sign in.',
  give: 'Give an address',
  giveIt: 'Give it',
  take: 'Take away',
  takeNamed: (address: string, account: string) => `Take ${address} from ${account}`,
  takeTitle: (address: string) => `Take ${address} away?`,
  takeText: (account: string) =>
    `${account} keeps what has arrived. What is written to it from now on is refused, or goes to whoever gets everything else.`,
  more: 'Show more',
  noAccount: 'Nobody here has this name.',

  remove: 'Take no more mail',
  removeLead: 'The domain and all its addresses are forgotten. What has arrived stays with those who have it.',
  removeIt: 'Remove the domain',
  removeTitle: (domain: string) => `Remove ${domain}?`,
  removeText: (n: number) =>
    n === 0
      ? 'From now on mail for it is refused here.'
      : `From now on mail for it is refused here. ${addresses(n)} at it will be forgotten.`,
} as const;
