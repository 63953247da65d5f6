/** What administrators may ask of the engine, and what they are answered. Nothing of it is secret, and nothing is sealed. */
import type { TimeMs } from './api';

export interface Administration {
  /** Whether this account may. */
  administers(): Promise<boolean>;
  /** All of them, the server's own first. */
  domains(): Promise<Domain[]>;
  /** Takes mail for it from now on. Takes it as DNS has it. */
  addDomain(name: string): Promise<Domain>;
  removeDomain(name: string): Promise<void>;
  /** Who gets what is written to addresses that nobody has; `null`: it is refused. */
  setCatchAll(name: string, account: string | null): Promise<void>;
  /** By name, after one. */
  addressesAt(name: string, after: string | null): Promise<AddressPage>;
  giveAddress(name: string, local: string, account: string): Promise<void>;
  takeAddress(name: string, local: string): Promise<void>;
  /** What DNS should say of a domain, and what it says now. Takes a few seconds. */
  checkDomain(name: string): Promise<DnsRecord[]>;
}

/** A domain for which the server takes mail. */
export interface Domain {
  name: string;
  /** The server's own, at which everybody has the address of their name. */
  own: boolean;
  addresses: number;
  /** Who gets what is written to addresses that nobody has. */
  catchAll: string | null;
}

export interface AddressPage {
  addresses: AddressAt[];
  more: boolean;
}

export interface AddressAt {
  local: string;
  account: string;
  createdMs: TimeMs;
  /** The account's own name, which stays with it. */
  isName: boolean;
}

/** One record that should be published, and how it stands with it. */
export interface DnsRecord {
  purpose: 'mx' | 'spf' | 'dkim' | 'dmarc' | 'mta-sts' | 'mta-sts-policy' | 'tls-rpt' | 'unknown';
  name: string;
  kind: 'MX' | 'TXT' | 'CNAME';
  value: string;
  /** Mail comes and goes worse without it. */
  needed: boolean;
  state: 'right' | 'missing' | 'different' | 'unknown';
  found: string[];
  /** Why, and what to do about it. */
  why: string;
}
