/** WGSL: a text's functions and types under other names, so that a kernel can have the same text twice, of two kinds. */

/**
 * Puts a suffix behind every name of `declarations` that a text has, in these themselves too.
 * @param declarations WGSL whose functions and types have no names of variables or fields of that text
 */
export function renaming(declarations: string, suffix: string): (text: string) => string {
  const names = [...declarations.matchAll(/\b(?:fn|struct) (\w+)/g)].map(([, name]) => name);
  const anyOfThem = new RegExp(`\\b(?:${names.join('|')})\\b`, 'g');
  return (text) => text.replace(anyOfThem, (name) => name + suffix);
}
