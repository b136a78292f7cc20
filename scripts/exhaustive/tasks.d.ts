export interface Task {
  kind: string;
  name?: string;
  format?: string;
  from: number;
  to: number;
  stride: number;
}
export interface Findings {
  from: number;
  to: number;
  count: number;
  undecided: number;
  mismatches: number;
  examples: unknown[];
  seconds: number;
}
export const KINDS: readonly string[];
export function tasksOf(options: {
  only: readonly string[];
  functions?: readonly string[];
  from?: number;
  to?: number;
  stride?: number;
}): Task[];
export function titleOf(task: Task): string;
export class Progress {
  constructor(task: Task, folder?: string);
  readonly state: Omit<Findings, 'from' | 'to'> & { finished: [number, number][] };
  remaining(): Task[];
  add(found: Findings): void;
  write(): void;
}
