/** What a page has shown of one account must not be there when somebody signs in to another. */
type Forget = () => void;

const shown: Forget[] = [];
let visits = 0;

/** Whoever shows something of an account says here how to forget it. */
export function whenLeft(forget: Forget) {
  shown.push(forget);
}

/** Tells later whether it is still the same visit: what was asked for one account may arrive when another is shown. */
export function beginVisit(): () => boolean {
  const visit = visits;
  return () => visit === visits;
}

/** Nobody is signed in any more. */
export function forgetAccount() {
  visits += 1;
  for (const forget of shown) forget();
}
