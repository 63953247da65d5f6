/** Loaded by itself, when somebody begins to choose a password. */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english } from '@zxcvbn-ts/language-en';

const zxcvbn = new ZxcvbnFactory({ dictionary: { ...common, ...english }, graphs: adjacencyGraphs });

export function estimateGuesses(password: string, known: string[]): number {
  return zxcvbn.check(password, known).guesses;
}
