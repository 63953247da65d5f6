/**
 * The one Trusted Types policy of our own: it lets through the addresses of our own scripts and nothing else.
 * (Svelte brings `svelte-trusted-html` for its compiled templates. No third policy is allowed by the server.)
 */
interface TypesFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}

function checked(url: string): string {
  const { origin, pathname } = new URL(url, self.location.origin);
  const ours = origin === self.location.origin && /^\/(assets|save|src)\/[\w./-]+$/.test(pathname);
  if (!ours) throw new TypeError('not one of our scripts');
  return url;
}

const factory = (globalThis as { trustedTypes?: TypesFactory }).trustedTypes;
const policy = factory?.createPolicy('postern', { createScriptURL: checked });

/** Typed as a string for constructors whose types do not know of Trusted Types yet. */
export function trustedUrl(url: string): string {
  return policy ? (policy.createScriptURL(url) as string) : checked(url);
}
