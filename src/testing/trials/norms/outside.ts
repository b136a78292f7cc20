/** Inputs outside the assumptions that the bounds on the norms' roundings share. */

type Inputs = Readonly<Record<string, unknown>>;

export function normsOutside({ gamma }: { gamma: boolean }): Readonly<Record<string, Inputs>> {
  const gains = (length: number): Inputs => (gamma ? { gamma: new Array<number>(length).fill(1) } : {});
  const usual = { epsilon: 1e-5, format: 'fp16', ...gains(2) };
  return {
    stored: { ...usual, x: [0.1, 1] },
    tree: { ...usual, x: [1, 2], order: 'kahan' },
    roots: { ...usual, x: [1, 2], format: 'e2m1' },
    positive: { ...usual, x: [0, 0], epsilon: 0 },
    'no-overflow': { ...usual, x: [-2000, 2000] },
  };
}
