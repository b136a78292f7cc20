/**
 * The largest observed/bound that searches before this one reported for a bound, in the form that theory/ derives: what a
 * search should come near, so that one that finds little is noticed.
 */
const largest: Readonly<Record<string, number>> = {
  dotSeq: 0.9994,
  dotFma: 0.9993,
  dotGamma: 0.9994,
  dotPair: 0.9993,
  dotBlock: 0.999,
  dotLanes: 0.9993,
  dotSplitK: 0.9993,
  dotKahan: 0.74,
  dotMixed: 0.9888,
  dotRunning: 1,
  orderDiff: 0.788,
  linear: 0.9995,
  expInput: 0.99,
  softmaxUnshifted: 0.975,
  softmaxShifted: 0.472,
  softmaxShiftedC: 0.94,
  softmaxL1: 1,
  softmaxTV: 1,
  softmaxKL: 1,
  thetaOp: 1,
  lse: 0.912,
  lseShifted: 0.886,
  softmaxRow: 0.35,
  lampCol: 1,
  scoreN: 0.9,
  scoreSpec: 0.92,
  valueN: 0.42,
  attnChain: 0.82,
  attnLip: 1,
  lnCondC: 1,
  lnCond2: 1,
  rmsCondC: 1,
  lnLipInf: 1,
  lnRound: 0.9999,
  rmsRound: 0.86,
  lnVar: 0.945,
  lnOutlier: 0.437,
  onePassVar: 0.701,
  geluAbs: 0.957,
  geluErfAbs: 0.96,
  siluAbs: 0.981,
  ropeRound: 0.991,
  residualAbs: 0.99,
  residualRel: 1,
  blockInf: 0.99999,
  triangle: 0.44,
};

/** Null for a bound that nobody has searched. */
export function knownRatio(id: string): number | null {
  return largest[id] ?? null;
}

/** Whether a search found less than a third of what is known. */
export function fallsShort({ id, maxRatio }: { readonly id: string; readonly maxRatio: number | null }): boolean {
  return (maxRatio ?? 0) < (knownRatio(id) ?? 0) / 3;
}
