/** Text of others (paths, policies, tensor names) made safe for a terminal and for each file format. */

/** One line without control or formatting characters, so that a file's name cannot steer a terminal. */
export function plainLine(text: string): string {
  return text.replace(/\s+/gu, ' ').replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '\ufffd');
}

/** A Markdown table cell. Underscores stay: inside a word they mean nothing. */
export function markdownText(text: string): string {
  return plainLine(text).replace(/[\\|<`]/g, '\\$&');
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
};

/** Text for LaTeX: nothing in it is a command, a comment or mathematics. */
export function latexText(text: string): string {
  return plainLine(text).replace(/[\\~^<>|&%$#_{}]/g, (c) => LATEX[c] ?? `\\${c}`);
}

/** Text for HTML and XML, between tags or in a quoted attribute. */
export function htmlText(text: string): string {
  return plainLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A field of RFC 4180. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
