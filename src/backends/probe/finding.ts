/** What a probe reports: properties, as a policy declares them and as they were measured. */

export interface Finding {
  /** Such as `rounding`, `matmul order=pairwise`. */
  readonly property: string;
  readonly format: string;
  /** The policy under which it was measured; `parseSpec` reads it. */
  readonly policy: string;
  readonly declared: string;
  readonly measured: string;
  readonly agrees: boolean;
  /** How many results, or trees, it was measured on. */
  readonly cases: number;
}

export interface ProbeReport {
  readonly arithmetic: string;
  readonly findings: readonly Finding[];
  readonly agrees: boolean;
}

/** One result of an operation, beside the one that its policy declares. */
export interface Case {
  /** Such as `add(1, -0)`. */
  readonly what: string;
  readonly expected: number;
  readonly computed: number;
}

/** The measured value of a property that holds in all cases: `holds`, or the first case in which it does not. */
export function measuredOf(cases: readonly Case[], holds: string): { measured: string; agrees: boolean } {
  const wrong = cases.filter(({ expected, computed }) => !Object.is(expected, computed));
  if (wrong.length === 0) return { measured: holds, agrees: true };
  const more = wrong.length === 1 ? '' : ` (and ${wrong.length - 1} more)`;
  const [{ what, expected, computed }] = wrong;
  return { measured: `${what} = ${numeral(computed)}, not ${numeral(expected)}${more}`, agrees: false };
}

export function numeral(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}
