/**
 * Loaded by itself, when somebody begins to choose a password. Of the dictionaries the two largest (surnames, words of
 * Wikipedia) are left out: they double the download and changed no grade of the passwords that we compared.
 */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import adjacencyGraphs from '@zxcvbn-ts/language-common/dist/adjacencyGraphs.json.mjs';
import passwords from '@zxcvbn-ts/language-common/dist/passwords.json.mjs';
import commonWords from '@zxcvbn-ts/language-en/dist/commonWords.json.mjs';
import firstnames from '@zxcvbn-ts/language-en/dist/firstnames.json.mjs';

const zxcvbn = new ZxcvbnFactory({ dictionary: { passwords, commonWords, firstnames }, graphs: adjacencyGraphs });

export function estimateGuesses(password: string, known: string[]): number {
  return zxcvbn.check(password, known).guesses;
}
