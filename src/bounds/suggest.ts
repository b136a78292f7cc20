/** Names that someone who wrote another one may have meant. */

/** Letters to insert, to delete or to change, whatever their case: Levenshtein's distance. */
function distance(a: string, b: string): number {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = row[j - 1] + Number(from[i - 1] !== to[j - 1]);
      next.push(Math.min(changed, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}

/** At most three names: those that begin with the text, or differ from it in a third of its letters; the nearest first. */
export function namesLike(text: string, names: readonly string[]): string[] {
  const begins = (name: string): boolean => text.length > 1 && name.toLowerCase().startsWith(text.toLowerCase());
  return names
    .map((name) => ({ name, off: begins(name) ? 0 : distance(text, name) }))
    .filter(({ off }) => off <= Math.max(1, text.length / 3))
    .sort((a, b) => a.off - b.off)
    .slice(0, 3)
    .map(({ name }) => name);
}
