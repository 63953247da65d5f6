/** A name that nothing in the folder has yet: "plan.pdf", "plan (2).pdf". Nothing is ever overwritten silently. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  let n = 2;
  while (taken.has(`${stem} (${n})${ending}`)) n += 1;
  return `${stem} (${n})${ending}`;
}
