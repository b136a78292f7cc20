/** The theory documents, which stand beside the code. */
import { readFileSync } from 'node:fs';

/** The section of a bound, below its heading. Ends with a newline. */
export function theorySection(document: string, id: string): string {
  const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${id}\n`));
  if (section === undefined) throw new Error(`${document} has no section ${id}`);
  return `${section.slice(id.length).trim()}\n`;
}
