export function kernelsAreCurrent(): boolean;
