/** What a page has shown of one account must not be there when somebody signs in to another. */
type Forget = () => void;

const shown: Forget[] = [];

/** Whoever shows something of an account says here how to forget it. */
export function whenLeft(forget: Forget) {
  shown.push(forget);
}

/** Nobody is signed in any more. */
export function forgetAccount() {
  for (const forget of shown) forget();
}
