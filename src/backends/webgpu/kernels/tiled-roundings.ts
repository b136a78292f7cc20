/**
 * WGSL: the roundings of tiled products (tiled-plan.ts says where they are right), four numbers at once and nothing looked at
 * but the numbers. `round_product` rounds exact products; `plus` and `minus` are rounded sums. Rounding down is rounding up
 * of numbers with the other sign, which operands and sums then have in the kernel (`negated`).
 *
 * Products. With U = 1.5·2^(e + 23 − tail), e the exponent of the magnitude a or emin, the sum s = a + U is U and a in units
 * of the format's last place, rounded to nearest even, and s − U = y is a so rounded, both exact but for that rounding. As bits
 * of s are consecutive integers in consecutive units, s moves by a unit where y is on the wrong side of a:
 *
 * - toward zero and up: s − 1 where y > a, and s + 1 where y < a;
 * - to odd: toward zero, and then the last bit is 1 where y was not a: of the two neighbours it is the odd one;
 * - to nearest, ties away: toward zero in half units, h; then ⌊(h + 1)/2⌋ units.
 *
 * Sums of numbers x, y of p ≤ 11 bits, |x| ≥ |y|, e the exponent of x. Where x + y is no float32, the last place of y is below
 * that of the sum, so |y| < 2^(e − 23 + p)/2 ≤ 2^(e − 13), while the nearest number of p + 1 bits beside x is 2^(e − 12) or more
 * away. The float32 sum s lies between x and that number, too, not on it. So s rounds as x + y does, in every mode, but where
 * s = x, y ≠ 0: then x + y is between s and its neighbour in float32 on y's side, which has the sign of y against that of s.
 * Rounding to nearest does not notice that either. The other modes take the last bit of s for such a tail ("rounding to odd",
 * Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", IEEE Trans.
 * Comput. 57, 2008) and then round its integer. It does not matter which of x and y is the larger: s = x and y ≠ 0 has no
 * other cause.
 */
import type { TiledRounding } from '../tiled-plan.ts';
import { hex } from './tiled-text.ts';

/** A product's rounding in units, `s` and `y` as above; `units` becomes the rounded one. */
const correctionsWgsl = {
  'toward-zero': '  let units = s - ((a - y) >> vec4<u32>(31u));',
  up: `  let negative = bitcast<vec4<u32>>(bitcast<vec4<i32>>(bits) >> vec4<u32>(31u));
  let units = s + (((y - a) >> vec4<u32>(31u)) & ~negative) - (((a - y) >> vec4<u32>(31u)) & negative);`,
  odd: `  let above = (a - y) >> vec4<u32>(31u);
  let units = (s - above) | above | ((y - a) >> vec4<u32>(31u));`,
  'nearest-away': '  let units = (s - ((a - y) >> vec4<u32>(31u)) + 1u) & vec4<u32>(0xfffffffeu);',
} as const;

function productWgsl({ product, mode, flushes, scale }: TiledRounding, zero: string): string {
  if (product === undefined) {
    // A word that no compiler knows to be 0 keeps the product from being contracted with a sum.
    return `fn round_product(x: vec4<f32>) -> vec4<f32> { return bitcast<vec4<f32>>(bitcast<vec4<u32>>(x) | vec4<u32>(${zero})); }`;
  }
  const least = hex((product.emin + scale + 127) << 23);
  const units = (tail: number): string => hex(((23 - tail) << 23) | 0x400000);
  const kept = flushes ? `select(vec4<u32>(0u), rounded, rounded >= vec4<u32>(${least}))` : 'rounded';
  const unitOf = (of: string, tail: number): string =>
    `  let unit = bitcast<vec4<f32>>(max(${of} & vec4<u32>(INFINITY_BITS), vec4<u32>(${least})) + ${units(tail)});`;
  if (mode === 'nearest-even') {
    return `fn round_product(x: vec4<f32>) -> vec4<f32> {
  let bits = bitcast<vec4<u32>>(x);
${unitOf('bits', product.tail)}
  ${flushes ? `let rounded = bitcast<vec4<u32>>((x + unit) - unit) & vec4<u32>(0x7fffffffu);\n  ` : ''}return bitcast<vec4<f32>>(${flushes ? kept : 'bitcast<vec4<u32>>((x + unit) - unit)'} | (bits & vec4<u32>(SIGN_BIT)));
}`;
  }
  return `fn round_product(x: vec4<f32>) -> vec4<f32> {
  let bits = bitcast<vec4<u32>>(x);
  let a = bits & vec4<u32>(0x7fffffffu);
${unitOf('a', product.tail + (mode === 'nearest-away' ? 1 : 0))}
  let s = bitcast<vec4<u32>>(bitcast<vec4<f32>>(a) + unit);
  let y = bitcast<vec4<u32>>(bitcast<vec4<f32>>(s) - unit);
${correctionsWgsl[mode]}
  let rounded = bitcast<vec4<u32>>(bitcast<vec4<f32>>(units) - unit);
  return bitcast<vec4<f32>>(${kept} | (bits & vec4<u32>(SIGN_BIT)));
}`;
}

/** `r`, the bits s of a sum without the last `shift` ones, rounded. Below the smallest normal number these are 0s anyway. */
function cutWgsl(mode: TiledRounding['mode'], shift: number): string {
  const unit = 2 ** shift;
  const keep = `vec4<u32>(${hex(-unit)})`;
  // The other operand, where the sum is one of them.
  const other = `  let other = select(vec4<u32>(0u), bitcast<vec4<u32>>(y), s == bitcast<vec4<u32>>(x)) |
    select(vec4<u32>(0u), bitcast<vec4<u32>>(x), s == bitcast<vec4<u32>>(y));
`;
  const some = `${other}  let some = min(other << vec4<u32>(1u), vec4<u32>(1u));
`;
  switch (mode) {
    case 'nearest-even':
      return `  let r = (s + ${hex(unit / 2 - 1)} + ((s >> vec4<u32>(${shift}u)) & vec4<u32>(1u))) & ${keep};`;
    case 'nearest-away':
      return `  let r = (s + ${hex(unit / 2)}) & ${keep};`;
    case 'toward-zero':
      return `${some}  let r = (s - (some & ((other ^ s) >> vec4<u32>(31u)))) & ${keep};`;
    case 'up':
      return `${other}  // 1 where a tail raises the sum: then the magnitude, if negative, is less.
  let raised = vec4<u32>(clamp(bitcast<vec4<i32>>(other), vec4<i32>(0), vec4<i32>(1)));
  let negative = bitcast<vec4<u32>>(bitcast<vec4<i32>>(s) >> vec4<u32>(31u));
  let r = (s + (vec4<u32>(${hex(unit - 1)}) & ~negative) + ((raised ^ negative) - negative)) & ${keep};`;
    case 'odd':
      return `${some}  let t = (s - (some & ((other ^ s) >> vec4<u32>(31u)))) | some;
  let r = (t | ((t & vec4<u32>(${hex(unit - 1)})) + ${hex(unit - 1)})) & ${keep};`;
  }
}

function sumWgsl({ tail, mode, flushes, scale, emin }: TiledRounding): string {
  const kept = flushes
    ? `select(r & vec4<u32>(SIGN_BIT), r, (r & vec4<u32>(0x7fffffffu)) >= vec4<u32>(${hex((emin + scale + 127) << 23)}))`
    : 'r';
  if (tail === 23 && !flushes) return 'fn plus(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> { return x + y; }';
  return `fn plus(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  let s = bitcast<vec4<u32>>(x + y);
${tail === 23 ? '  let r = s;' : cutWgsl(mode, 23 - tail)}
  return bitcast<vec4<f32>>(${kept});
}`;
}

/**
 * `round_product`, `plus` and `minus`.
 * @param zero WGSL of a word that is 0 without any compiler's knowledge
 */
export function roundingsWgsl(rounding: TiledRounding, zero: string): string {
  return `${productWgsl(rounding, zero)}
${sumWgsl(rounding)}
fn minus(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  return plus(x, bitcast<vec4<f32>>(bitcast<vec4<u32>>(y) ^ vec4<u32>(SIGN_BIT)));
}
`;
}
