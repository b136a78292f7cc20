/** Values of options: each parser throws InputError with the option's name. */
import { InputError } from '../formats/index.ts';
import type { TableFormat } from '../report/table.ts';

export function integer(option: string, least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range =
      most === Number.MAX_SAFE_INTEGER ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`;
    throw new InputError(`${option}: expected ${range}, got '${text}'`);
  };
}

export function choice<T extends string>(option: string, values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw new InputError(`${option}: expected ${values.join(', ')}, got '${text}'`);
    return found;
  };
}

export function positive(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
    throw new InputError(`${option}: expected a number above 0, got '${text}'`);
  };
}

export const tableFormat = choice<TableFormat>('--table', ['md', 'latex', 'csv']);

/** `1,5,9;2,3,4`: tokens of each sequence. */
export function tokenLists(text: string): number[][] {
  return text.split(';').map((sequence) =>
    sequence.split(',').map((token) => {
      if (/^\s*\d{1,9}\s*$/.test(token)) return Number(token);
      throw new InputError(
        `--tokens: expected integers such as 1,5,9;2,3,4 (semicolons between sequences), got '${token}'`,
      );
    }),
  );
}

export function patterns(text: string): string[] {
  return text.split(',').map((pattern) => pattern.trim());
}
