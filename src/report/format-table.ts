/** The table of number formats. */
import type { Format } from '../formats/index.ts';
import type { Column } from './table.ts';

const number = (
  key: string,
  header: string,
  latexHeader: string,
  value: (format: Format) => number,
): Column<Format> => ({
  key,
  header,
  latexHeader,
  align: 'right',
  form: 'fixed',
  value,
});

/** Everything that a format's record says or implies. `p` counts digits for `decimal:N`. */
export const formatColumns: readonly Column<Format>[] = [
  { key: 'name', header: 'name', align: 'left', value: (f) => f.name },
  {
    key: 'p',
    header: 'p',
    latexHeader: '$p$',
    align: 'right',
    form: 'integer',
    value: (f) => (f.kind === 'binary' ? f.precision : f.digits),
  },
  {
    key: 'bits',
    header: 'bits',
    align: 'right',
    form: 'integer',
    value: (f) => (f.kind === 'binary' ? f.width : null),
  },
  number('u', 'u', '$u$', (f) => f.u),
  number('eps_mach', 'eps_mach', '$\\varepsilon_{\\mathrm{mach}}$', (f) => f.epsMach),
  number('largest', 'largest', 'largest', (f) => f.largest),
  number('smallest_normal', 'min normal', 'min.\\ normal', (f) => f.smallestNormal),
  number('smallest_subnormal', 'min subn.', 'min.\\ subn.', (f) => f.smallestSubnormal),
  { key: 'ln_max', header: 'ln max', latexHeader: '$\\ln$ max', align: 'right', form: 'fixed', value: (f) => f.lnMax },
  { key: 'infinities', header: 'inf', align: 'left', value: (f) => f.infinities },
  { key: 'nan', header: 'NaN', align: 'left', value: (f) => f.nan },
  { key: 'subnormals', header: 'subn.', align: 'left', value: (f) => f.subnormals },
];
