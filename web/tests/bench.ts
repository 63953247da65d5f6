/** What can only be raced in a browser; `cargo xtask bench --peers` runs this, a row at a time. */
import { test } from 'vitest';
import { browser } from './bench/browser';
import { inbox } from './bench/inbox';
import { memory } from './bench/memory';
import { wasm } from './bench/wasm';

test('wasm', wasm);
test('browser', browser);
test('memory-tab', memory);
test('inbox', inbox);
