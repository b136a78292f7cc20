/** Parameters of an experiment from texts, checked by its schema. */
import { z } from 'zod';
import { InputError } from '../formats/index.ts';
import type { Experiment } from './experiment.ts';

export type Parameters = Readonly<Record<string, unknown>>;

/** What a user may set, and what it is when nobody does. */
export interface ParameterDescription {
  readonly name: string;
  readonly meaning: string;
  readonly value: string;
  readonly quick: string;
}

export function describeParameters({ parameters, quick }: Experiment): ParameterDescription[] {
  const defaults = parameters.parse({}) as Parameters;
  return Object.entries(parameters.shape).map(([name, schema]) => ({
    name,
    meaning: (schema as z.ZodType).description ?? '',
    value: valueText(defaults[name]),
    quick: name in quick ? valueText(quick[name]) : '',
  }));
}

function valueText(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

/**
 * The parameters for assignments `name=value`; lists are separated by commas.
 * @param quick begin with the experiment's quick parameters
 * @throws InputError where a name is unknown, or a value is not what its schema takes
 */
export function parametersOf(experiment: Experiment, assignments: readonly string[], quick = false): Parameters {
  const { id, parameters } = experiment;
  const values: Record<string, unknown> = quick ? { ...experiment.quick } : {};
  const where = `${id}: --set`;
  for (const assignment of assignments) {
    const [, name, text] = /^\s*([A-Za-z]\w*)\s*=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined) throw new InputError(`${where}: expected name=value, got '${assignment}'`);
    if (!Object.hasOwn(parameters.shape, name)) {
      const known = Object.keys(parameters.shape).join(', ');
      throw new InputError(`${where}: expected a parameter of ${known}, got '${name}'`);
    }
    values[name] = readingOf(parameters.shape[name] as z.ZodType, text);
  }
  return checked(experiment, values, where);
}

/** @throws InputError where the values are not what the schema takes */
export function checked({ parameters }: Experiment, values: unknown, where: string): Parameters {
  const result = parameters.strict().safeParse(values);
  if (result.success) return result.data as Parameters;
  const [issue] = result.error.issues;
  throw new InputError(`${where}: ${issue.path.join('.') || 'parameters'}: ${issue.message}`);
}

/** The reading of the text that the schema takes: a word, a number, a truth value or a list of them. */
function readingOf(schema: z.ZodType, text: string): unknown {
  const word = text.trim();
  const items = word.split(',').map((item) => item.trim());
  const readings = [word, simple(word), items, items.map(simple)];
  return readings.find((reading) => schema.safeParse(reading).success) ?? simple(word);
}

function simple(word: string): unknown {
  if (word === 'true' || word === 'false') return word === 'true';
  return word !== '' && Number.isFinite(Number(word)) ? Number(word) : word;
}

/** A list of numbers of formats or policies that a user may give. */
export const texts = (...defaults: string[]) => z.array(z.string().min(1)).min(1).default(defaults);
export const numbers = (least: number, most: number, ...defaults: number[]) =>
  z.array(z.number().min(least).max(most)).min(1).default(defaults);
export const count = (least: number, most: number, otherwise: number) =>
  z.number().int().min(least).max(most).default(otherwise);
export const seed = count(0, Number.MAX_SAFE_INTEGER, 1).describe('seed of all random numbers');
