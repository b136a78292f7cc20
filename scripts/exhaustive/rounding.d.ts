export function bfloat16Results(code: number, out: Float64Array): void;
export function binary16Results(code: number, out: Float64Array): void;
