/**
 * float32 to binary16 and bfloat16 by integers alone, in six modes at once: the code is cut off, and the rest decides
 * whether the next code follows. Codes of positive numbers are in order, so a carry runs into the exponent, and after the
 * largest number comes infinity.
 */
const halves = new Float64Array(0x8000);
const brains = new Float64Array(0x8000);
const view = new DataView(new ArrayBuffer(4));
for (let code = 0; code < 0x8000; code++) {
  const [field, fraction] = [code >> 10, code & 1023];
  if (field === 31) halves[code] = fraction === 0 ? Infinity : NaN;
  else halves[code] = field === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (field - 25);
  view.setUint32(0, code * 65536);
  brains[code] = view.getFloat32(0);
}

/** The six results: |x| is the number with this code plus a rest, compared with half a unit by `tie`. */
function fill(out, numbers, code, tie, exact, negative) {
  const sign = negative ? -1 : 1;
  const near = sign * numbers[code];
  if (exact) {
    out.fill(near);
    return;
  }
  const far = sign * numbers[code + 1];
  const odd = (code & 1) === 1;
  out[0] = tie > 0 || (tie === 0 && odd) ? far : near;
  out[1] = tie >= 0 ? far : near;
  out[2] = near;
  out[3] = negative ? far : near;
  out[4] = negative ? near : far;
  out[5] = odd ? near : far;
}

/** `code` is a float32 as an unsigned integer. */
export function bfloat16Results(code, out) {
  const magnitude = code & 0x7fffffff;
  if (magnitude > 0x7f800000) {
    out.fill(NaN);
    return;
  }
  const rest = magnitude & 0xffff;
  fill(out, brains, magnitude >> 16, rest - 0x8000, rest === 0, code > 0x7fffffff);
}

export function binary16Results(code, out) {
  const magnitude = code & 0x7fffffff;
  const negative = code > 0x7fffffff;
  if (magnitude > 0x7f800000) out.fill(NaN);
  else if (magnitude === 0x7f800000) out.fill(negative ? -Infinity : Infinity);
  // 2^16 and more: above the midpoint after the largest number.
  else if (magnitude >= 0x47800000) fill(out, halves, 0x7bff, 1, false, negative);
  else if (magnitude >= 0x38800000) {
    // Normal: exponents differ by 112, fractions by 13 bits.
    const rest = magnitude & 0x1fff;
    fill(out, halves, (magnitude >> 13) - (112 << 10), rest - 0x1000, rest === 0, negative);
  } else {
    // A multiple of 2^−24: field f of a float32 means significand·2^(f − 150), and 126 − f bits are cut off.
    const field = magnitude >> 23;
    if (field < 101) fill(out, halves, 0, -1, magnitude === 0, negative);
    else {
      const cut = 126 - field;
      const significand = (magnitude & 0x7fffff) | 0x800000;
      const rest = significand & ((1 << cut) - 1);
      fill(out, halves, significand >> cut, rest - (1 << (cut - 1)), rest === 0, negative);
    }
  }
}
