/** Names and values out of untrusted files, made fit for a message of one line. */

const LONGEST = 80;

function escapeControls(text: string): string {
  // JSON leaves DEL, the C1 controls and the Unicode line separators as they are.
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A name in quotes, shortened, control characters escaped. */
export function quote(name: string): string {
  const shown = name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
  return escapeControls(JSON.stringify(shown));
}

/** A parsed JSON value in a few words; looks no deeper than one level, whatever the nesting. */
export function show(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) {
    const flat = value.length <= 8 && value.every((item) => typeof item !== 'object' || item === null);
    return flat ? `[${value.map(show).join(', ')}]` : `an array of ${value.length}`;
  }
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** The message of a foreign error in one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return escapeControls(text.length > 2 * LONGEST ? `${text.slice(0, 2 * LONGEST)}…` : text);
}
