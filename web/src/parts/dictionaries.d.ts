declare module '@zxcvbn-ts/language-common/dist/adjacencyGraphs.json.mjs' {
  const graphs: Record<string, Record<string, (string | null)[]>>;
  export default graphs;
}

declare module '@zxcvbn-ts/*.json.mjs' {
  const words: (string | number)[];
  export default words;
}
