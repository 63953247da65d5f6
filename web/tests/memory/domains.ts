/** Domains and addresses, as the engine in memory has them. */
import type { AddressAt, DnsRecord, Domain } from '../../src/engine/api';

const KEY = 'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuRk4tQ0'.repeat(7);

export class Domains {
  #catchAll = new Map<string, string | null>([
    ['files.example', null],
    ['garden.example', 'ada'],
  ]);
  #addresses = new Map<string, AddressAt[]>([
    ['files.example', ['ada', 'ben', 'clara'].map((name) => address(name, name, true))],
    ['garden.example', [address('info', 'ben'), address('seeds', 'clara')]],
  ]);

  all(): Domain[] {
    return [...this.#catchAll].map(([name, catchAll]) => ({
      name,
      own: name === 'files.example',
      addresses: this.at(name).length,
      catchAll,
    }));
  }

  add(name: string): Domain | undefined {
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name)) return undefined;
    if (!this.#catchAll.has(name)) this.#catchAll.set(name, null);
    return this.all().find((domain) => domain.name === name);
  }

  remove(name: string) {
    this.#catchAll.delete(name);
    this.#addresses.delete(name);
  }

  setCatchAll(name: string, account: string | null): boolean {
    if (account === 'nobody') return false;
    this.#catchAll.set(name, account);
    return true;
  }

  at(name: string): AddressAt[] {
    return this.#addresses.get(name) ?? [];
  }

  give(name: string, local: string, account: string): boolean {
    const all = this.at(name);
    if (all.some((one) => one.local === local && one.account !== account)) return false;
    const others = all.filter((one) => one.local !== local);
    this.#addresses.set(
      name,
      [...others, address(local, account)].toSorted((a, b) => a.local.localeCompare(b.local)),
    );
    return true;
  }

  take(name: string, local: string) {
    this.#addresses.set(
      name,
      this.at(name).filter((one) => one.local !== local),
    );
  }

  records(name: string): DnsRecord[] {
    return [
      record('mx', 'MX', name, '10 mx.files.example.', {
        state: 'right',
        found: ['10 mx.files.example.'],
        why: 'Mail for this domain is brought to this server.',
      }),
      record('spf', 'TXT', name, 'v=spf1 a:mx.files.example -all', {
        state: 'different',
        found: ['v=spf1 include:_spf.elsewhere.example -all'],
        why: 'It does not let this server send from 192.0.2.25. Put a:mx.files.example before its last word.',
      }),
      record('dkim', 'TXT', `postern._domainkey.${name}`, `v=DKIM1; k=rsa; p=${KEY}`, {
        state: 'missing',
        why: 'With it others check what this server signs. Publish it before mail is sent: it takes a while to be known.',
      }),
      record('dmarc', 'TXT', `_dmarc.${name}`, 'v=DMARC1; p=quarantine', {
        state: 'right',
        found: ['v=DMARC1; p=reject'],
        why: 'It asks others to refuse what only pretends to be from this domain.',
      }),
      record('mta-sts', 'TXT', `_mta-sts.${name}`, 'v=STSv1; id=3f9c2a7be1d04586', {
        needed: false,
        state: 'missing',
        why: 'With it, and the policy below, mail servers that know of it let nobody listen on the way here.',
      }),
      record('mta-sts-policy', 'CNAME', `mta-sts.${name}`, 'mx.files.example.', {
        needed: false,
        state: 'unknown',
        why: 'DNS does not answer this at the moment. Look again in a while.',
      }),
      record('tls-rpt', 'TXT', `_smtp._tls.${name}`, `v=TLSRPTv1; rua=mailto:postmaster@${name}`, {
        needed: false,
        state: 'missing',
        why: 'With it others report once a day whether they could bring mail through TLS.',
      }),
    ];
  }
}

function address(local: string, account: string, isName = false): AddressAt {
  return { local, account, createdMs: Date.now() - 8e8, isName };
}

function record(
  purpose: DnsRecord['purpose'],
  kind: DnsRecord['kind'],
  name: string,
  value: string,
  rest: Partial<DnsRecord> & Pick<DnsRecord, 'state' | 'why'>,
): DnsRecord {
  return { purpose, kind, name, value, needed: true, found: [], ...rest };
}
