/** As DNS has what somebody typed; what cannot be a domain stays as it is, for the engine to say so. */
export function asDomain(typed: string): string {
  const name = typed.trim();
  if (/[/:@?#\\\s]/.test(name)) return name;
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    return name;
  }
}

/** Where a domain's page is. Without the slash, what stands behind the last dot would be taken for a file's ending. */
export function placeOf(domain: string): string {
  return `/administration/${domain}/`;
}
