/** The users' formulas over the diagnostics' names. mathjs is loaded with this file, which only they need. */
import { parseUserFormula, type UserFormula } from '../../bounds/user-formula.ts';
import { InputError } from '../../formats/index.ts';
import { elementaryFunctions } from './elementary.ts';
import { layerNames, scopeNames } from './names.ts';

export const MOST_FORMULAS = 100;

/** Every name that a formula may read. */
const known = [...scopeNames, ...layerNames].map(({ name }) => name);

/** @throws InputError where there are too many, one is wrong, or two have one name */
export function parseFormulas(texts: readonly string[]): UserFormula[] {
  if (texts.length > MOST_FORMULAS)
    throw new InputError(`formula: expected at most ${MOST_FORMULAS} of them, got ${texts.length}`);
  const formulas = texts.map((text) => parseUserFormula(text, known, elementaryFunctions));
  for (const [i, { name }] of formulas.entries()) {
    if (formulas.slice(0, i).some((earlier) => earlier.name === name))
      throw new InputError(`formula: expected a name for each, got '${name}' twice`);
  }
  return formulas;
}
