/** The tiers of errors through depth as columns: values, and how many times the observed error each of them is. */
import type { DepthTiers, TierName, TierPoint } from '../analysis/depth/result.ts';
import type { TapResult } from '../analysis/result.ts';
import type { Cell, Column } from './table.ts';

interface TierText {
  /** Header of its column. */
  readonly header: string;
  /** In a sentence. */
  readonly name: string;
  /** In the figure's legend. */
  readonly label: string;
  readonly meaning: string;
}

/** What the tiers are called, and what each of them is. */
export const tierTexts: Readonly<Record<TierName, TierText>> = {
  rootSumSquare: {
    header: 'rss',
    name: 'root sum square',
    label: 'root sum square, estimate',
    meaning:
      'estimate: √Σ‖A ξ‖² of the local errors ξ, each carried here by the derivative A of the exact program; the error’s size if they are independent with mean 0',
  },
  triangle: {
    header: 'triangle',
    name: 'triangle',
    label: 'triangle, first order',
    meaning: 'first order: Σ‖A ξ‖ of the same; the error is at most this and “rest”',
  },
  boundRootSumSquare: {
    header: 'rss bd',
    name: 'root sum square of bounds',
    label: '… of local bounds, estimate',
    meaning: 'estimate: rss with local errors of random signs, each number as large as its certified bound',
  },
  boundTriangle: {
    header: 'tri bd',
    name: 'triangle of bounds',
    label: '… of local bounds, first order',
    meaning: 'first-order bound: certified bounds of the local errors, carried here in magnitudes',
  },
  certified: {
    header: 'certified',
    name: 'certified radius',
    label: 'certified radius, bound',
    meaning: 'bound: the radii of the certified interpreter, which can never be exceeded',
  },
  relativeProduct: {
    header: 'rel product',
    name: 'product of condition numbers',
    label: 'condition numbers, first order',
    meaning:
      'first-order bound: relative errors of single numbers, multiplied by the componentwise condition number of each half block',
  },
  worstCase: {
    header: 'worst case',
    name: 'worst case',
    label: 'worst case, bound',
    meaning: 'bound: products of Lipschitz constants with measured local errors (blockInf), to compare with',
  },
  baekPredictor: {
    header: 'baek',
    name: 'first predictor',
    label: 'baekPredictor, heuristic',
    meaning: 'heuristic, no bound: the first version of Baek’s predictor, summed over the layers so far',
  },
  riskA2: {
    header: 'riskA2',
    name: 'final predictor',
    label: 'riskA2, heuristic',
    meaning: 'heuristic, no bound: its final version, of a decoder that ended here',
  },
};

/** Those that are known by their logarithms. */
const PRODUCTS = [
  ['relativeProduct', 'relativeProductLog10', 'log10 rel'],
  ['worstCase', 'worstCaseLog10', 'log10 worst'],
] as const;
/** Those that are no bounds, with one number a layer. */
export const PREDICTORS: readonly TierName[] = ['baekPredictor', 'riskA2'];
const SMALL: readonly TierName[] = ['rootSumSquare', 'triangle', 'boundRootSumSquare', 'boundTriangle', 'certified'];

/** Times the observed error; null where either is not there, or nothing was observed. */
export function overObserved(point: TierPoint, tier: TierName): number | null {
  const value = point[tier];
  return value === null || point.observed === 0 ? null : value / point.observed;
}

/** Tiers with a number somewhere. */
export function tiersPresent({ points }: DepthTiers): TierName[] {
  return (Object.keys(tierTexts) as TierName[]).filter((tier) => points.some((point) => point[tier] !== null));
}

/** The taps where tiers stand. */
export function tierTaps(tiers: DepthTiers, taps: readonly TapResult[]): readonly TapResult[] {
  const stand = new Set(tiers.points.map(({ tap }) => tap));
  return taps.filter(({ tap }) => stand.has(tap));
}

type TapColumn = Column<TapResult>;

function columnOf(
  tiers: DepthTiers,
  key: string,
  header: string,
  value: (point: TierPoint) => Cell,
  more: Partial<TapColumn> = {},
): TapColumn {
  const points = new Map(tiers.points.map((point) => [point.tap, point]));
  const cell = (row: TapResult): Cell => {
    const point = points.get(row.tap);
    return point === undefined ? null : value(point);
  };
  return { key, header, align: 'right', value: cell, ...more };
}

/** log10 of a product, in a column by itself: it does not fit a float64. */
function log10Column(tiers: DepthTiers, [, key, header]: (typeof PRODUCTS)[number]): TapColumn {
  const latexHeader = header.replace('log10', '$\\log_{10}$');
  return columnOf(tiers, key, header, (point) => point[key], { latexHeader, form: 'fixed' });
}

function ratioColumn(tiers: DepthTiers, tier: TierName): TapColumn {
  const { header } = tierTexts[tier];
  return columnOf(tiers, `${tier}_overObserved`, `${header} ×`, (point) => overObserved(point, tier), {
    ...{ latexHeader: `${header} $\\times$`, form: 'fixed' },
  });
}

const tapColumn: TapColumn = { key: 'tap', header: 'tap', align: 'left', value: ({ tap }) => tap };

/** The observed error, what is beyond first order, and each tier that is near it over the observed one. */
function shortTierColumns(tiers: DepthTiers): readonly TapColumn[] {
  const present = tiersPresent(tiers);
  return [
    tapColumn,
    columnOf(tiers, 'observed', 'rel F', ({ observed }) => observed, { latexHeader: 'rel.\\ $F$' }),
    columnOf(tiers, 'rest', 'rest', ({ rest }) => rest),
    ...SMALL.filter((tier) => present.includes(tier)).map((tier) => ratioColumn(tiers, tier)),
  ];
}

/** Products of worst cases, and the predictors over the observed error. */
function farTierColumns(tiers: DepthTiers): readonly TapColumn[] {
  const present = tiersPresent(tiers);
  return [
    tapColumn,
    columnOf(tiers, 'observed', 'rel F', ({ observed }) => observed, { latexHeader: 'rel.\\ $F$' }),
    columnOf(tiers, 'condition', 'condition', ({ condition }) => condition),
    ...PRODUCTS.filter(([tier]) => present.includes(tier)).map((product) => log10Column(tiers, product)),
    ...PREDICTORS.filter((tier) => present.includes(tier)).map((tier) => ratioColumn(tiers, tier)),
  ];
}

/** The tables people read, each within a terminal of 120 columns. */
export function tierTables(tiers: DepthTiers): readonly (readonly TapColumn[])[] {
  return [shortTierColumns(tiers), farTierColumns(tiers)];
}

/** Everything about the tiers; the keys are the names in the JSON, and `…_overObserved` the ratios. */
export function allTierColumns(tiers: DepthTiers): readonly TapColumn[] {
  const names = ['local', 'linear', 'rest', 'localBound', 'condition'] as const;
  return [
    ...names.map((name) => columnOf(tiers, name, name, (point) => point[name], { group: 'tiers' })),
    ...(Object.keys(tierTexts) as TierName[]).flatMap((tier) => [
      columnOf(tiers, tier, 'value', (point) => point[tier], { group: tierTexts[tier].header }),
      columnOf(tiers, `${tier}_overObserved`, '× observed', (point) => overObserved(point, tier), {
        group: tierTexts[tier].header,
      }),
    ]),
    ...PRODUCTS.map((product) => ({ ...log10Column(tiers, product), group: tierTexts[product[0]].header })),
  ];
}

/** What the columns mean, a line each, and why a tier has no number. */
export function tierLegend(tiers: DepthTiers): readonly { readonly label: string; readonly text: string }[] {
  return [
    { label: 'rest', text: '‖X̂ − X − Σ A ξ‖ over ‖X‖: what is beyond first order' },
    { label: 'condition', text: 'the componentwise condition number of the half block that ends here, from above' },
    ...tiersPresent(tiers).map((tier) => ({ label: tierTexts[tier].header, text: tierTexts[tier].meaning })),
    { label: '×', text: 'times the observed error' },
    ...tiers.unavailable.map(({ tier, from, because }) => ({
      label: `no ${tierTexts[tier].name} from ${from} on`,
      text: because,
    })),
  ];
}
