/**
 * What kernels of whole rows have in common. A workgroup has FUSED_ROWS rows. What is done to elements is done by all
 * invocations, LANES to a row; a row's sum, one long dependence in its declared order, by one. Elements pass from one to the
 * other in `result`.
 */
import { GROUP } from '../commands.ts';

export const FUSED_ROWS = 8;
const LANES = GROUP / FUSED_ROWS;

/**
 * Phases of a kernel, of which each begins when the one before it has ended everywhere in the workgroup.
 * - `elements`: WGSL for one of LANES invocations of `row`, number `slot` in the workgroup; it takes the elements j = lane,
 *   lane + LANES, … of the row (`eachElement`).
 * - `row`: WGSL for the one invocation of `row`.
 */
export type Phase = { readonly elements: string } | { readonly row: string };

/** A loop over an invocation's elements j of its row, `first` ≤ j < `end`, which stand at i. */
export function eachElement(
  width: string,
  body: string,
  [first, end]: readonly [string, string] = ['0u', width],
): string {
  return `
    for (var j = ${first} + lane; j < ${end}; j += ${LANES}u) {
      let i = row * ${width} + j;
      ${body.trim()}
    }`;
}

/** @param rows WGSL of how many there are */
export function phasesWgsl(rows: string, phases: readonly Phase[]): string {
  const texts = phases.map((phase) =>
    'row' in phase
      ? `
  if (local < ${FUSED_ROWS}u && first + local < ${rows}) {
    let slot = local;
    let row = first + local;
    ${phase.row.trim()}
  }`
      : `
  if (first + local / ${LANES}u < ${rows}) {
    let slot = local / ${LANES}u;
    let lane = local % ${LANES}u;
    let row = first + slot;
    ${phase.elements.trim()}
  }`,
  );
  return `
@compute @workgroup_size(${GROUP})
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let first = (group.x + group.y * groups.x) * ${FUSED_ROWS}u;${texts.join('\n  workgroupBarrier();\n  storageBarrier();')}
}
`;
}
