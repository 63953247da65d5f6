/** `n` different places below `below`, in ascending order. Chance is an argument, so that a test can be sure of it. */
export function pickPlaces(n: number, below: number, random: (below: number) => number): number[] {
  const left = Array.from({ length: below }, (_, place) => place);
  const picked = Array.from({ length: n }, () => left.splice(random(left.length), 1)[0] ?? 0);
  return picked.toSorted((a, b) => a - b);
}
