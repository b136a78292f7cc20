/** Errors through residual blocks and through depth. */
import type { Bound } from '../bound.ts';
import { blockInf } from './block-inf.ts';
import { gatedMlpLip, mlpLip } from './mlp.ts';
import { residAdds, residualAbs, residualRel } from './residual.ts';
import { rss, triangle } from './transport.ts';

export const depthBounds: readonly Bound[] = [
  residualAbs,
  residualRel,
  mlpLip,
  gatedMlpLip,
  residAdds,
  blockInf,
  triangle,
  rss,
];
