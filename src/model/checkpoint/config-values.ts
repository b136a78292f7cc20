/** The values of a config.json: zod schemas whose error text is what was expected, and the one-line error itself. */
import { z } from 'zod';
import { InputError } from '../../formats/index.ts';
import type { DecoderConfig } from '../config.ts';
import type { JsonObject } from './json.ts';
import { show } from './show.ts';

/** Far above every model; its products stay exact in float64. */
const LARGEST = 2 ** 31 - 1;

const COUNT = `an integer from 1 to ${LARGEST}`;

/** A dimension. */
export const count = z.int({ error: COUNT }).min(1, { error: COUNT }).max(LARGEST, { error: COUNT });

const EPSILON = 'a number from 0 to 1';

/** ε of a norm. */
export const epsilon = z.number({ error: EPSILON }).min(0, { error: EPSILON }).max(1, { error: EPSILON });

const POSITIVE = 'a positive number';

/** θ of a rotary embedding. */
export const positive = z.number({ error: POSITIVE }).gt(0, { error: POSITIVE });

export const flag = z.boolean({ error: 'true or false' });

/** A token, or a list of tokens of which the first counts. */
export const tokenId = z.union([z.int(), z.array(z.int())], { error: 'an integer or a list of integers' }).nullish();

/** The name of an activation, as the engine calls it. */
export function activation(names: Readonly<Record<string, DecoderConfig['activation']>>) {
  return z
    .string({ error: `one of ${Object.keys(names).join(', ')}` })
    .refine((name) => Object.hasOwn(names, name), { error: `one of ${Object.keys(names).join(', ')}` })
    .transform((name) => names[name]);
}

/**
 * The values of a schema.
 * @throws InputError naming the first key whose value is not what was expected.
 */
export function readValues<S extends z.ZodType>(schema: S, raw: JsonObject, where: string): z.output<S> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const value = issue.path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? at[key as keyof typeof at] : undefined,
    raw,
  );
  throw new InputError(`${where}: ${issue.path.join('.')}: expected ${issue.message}, got ${show(value)}`);
}

/** Tokens of a config, those outside the vocabulary left out: they could not be fed. */
export function specialTokens(
  values: { readonly [K in 'bos_token_id' | 'eos_token_id' | 'pad_token_id']?: number | number[] | null | undefined },
  vocabulary: number,
): Pick<DecoderConfig, 'bosToken' | 'eosToken' | 'padToken'> {
  const pick = (value: number | number[] | null | undefined): number | undefined => {
    const token = Array.isArray(value) ? value[0] : value;
    return token !== null && token !== undefined && token >= 0 && token < vocabulary ? token : undefined;
  };
  const [bosToken, eosToken, padToken] = [values.bos_token_id, values.eos_token_id, values.pad_token_id].map(pick);
  return {
    ...(bosToken !== undefined && { bosToken }),
    ...(eosToken !== undefined && { eosToken }),
    ...(padToken !== undefined && { padToken }),
  };
}
