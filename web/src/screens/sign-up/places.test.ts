import { expect, test } from 'vitest';
import { pickPlaces } from './places';

test('no word of the kit is asked for twice', () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const places = pickPlaces(3, 24, (below) => (seed * 7 + below) % below);
    expect(new Set(places).size).toBe(3);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places.every((place) => place >= 0 && place < 24)).toBe(true);
  }
});
