/** The table of the catalogue of bounds. */
import { formulaToLatex } from '../bounds/formula.ts';
import type { Bound } from '../bounds/index.ts';
import type { Column } from './table.ts';

export const boundColumns: readonly Column<Bound>[] = [
  { key: 'id', header: 'bound', align: 'left', value: ({ id }) => id },
  { key: 'kind', header: 'kind', align: 'left', value: ({ kind }) => kind },
  { key: 'of', header: 'of', align: 'left', value: ({ scale, norm }) => `${scale}, ${norm}` },
  { key: 'quantity', header: 'quantity', align: 'left', value: ({ quantity }) => quantity },
  {
    ...{ key: 'formula', header: 'formula', align: 'left' },
    value: ({ formula }) => formula,
    latex: ({ formula }) => `$${formulaToLatex(formula)}$`,
  },
];
