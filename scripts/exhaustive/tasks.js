/** What there is to check, cut into chunks, and how far each task has come: a small JSON file a task, written atomically. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FUNCTIONS } from './decimal.js';

const CHUNK = { '16bit': 256, fp32: 2 ** 18, arrays: 2 ** 20, rounding: 2 ** 22 };
export const KINDS = Object.keys(CHUNK);

/** The tasks that the options name. Of 16-bit codes one check covers x and −x, so there are 2^15. */
export function tasksOf({ only, functions = FUNCTIONS, from, to, stride = 1 }) {
  const range = (end) => ({ from: from ?? 0, to: Math.min(to ?? end, end), stride });
  const tasks = [];
  if (only.includes('16bit')) {
    for (const name of functions) {
      for (const format of ['fp16', 'bf16']) tasks.push({ kind: '16bit', name, format, ...range(2 ** 15) });
    }
  }
  for (const kind of ['fp32', 'arrays']) {
    if (only.includes(kind)) for (const name of functions) tasks.push({ kind, name, ...range(2 ** 32) });
  }
  if (only.includes('rounding')) tasks.push({ kind: 'rounding', ...range(2 ** 32) });
  return tasks;
}

export function titleOf({ kind, name, format }) {
  return [kind, format, name].filter((part) => part !== undefined).join(' ');
}

/** One task's state, read back from the folder where there is one. */
export class Progress {
  constructor(task, folder) {
    this.task = task;
    const whole = task.from === 0 && task.to === (task.kind === '16bit' ? 2 ** 15 : 2 ** 32);
    const suffix = `${whole ? '' : `-${task.from}-${task.to}`}${task.stride === 1 ? '' : `-stride${task.stride}`}`;
    this.file = folder && join(folder, `${titleOf(task).replaceAll(' ', '-')}${suffix}.json`);
    this.written = 0;
    const fresh = { task, finished: [], count: 0, undecided: 0, mismatches: 0, examples: [], seconds: 0 };
    if (folder) mkdirSync(folder, { recursive: true });
    this.state = this.file && existsSync(this.file) ? JSON.parse(readFileSync(this.file, 'utf8')) : fresh;
  }

  /** The chunks that are not finished; they begin at multiples of the stride counted from the task's first code. */
  remaining() {
    const { from, to, stride, kind } = this.task;
    const width = CHUNK[kind] * (kind === '16bit' ? 1 : stride);
    const step = Math.max(stride, width - (width % stride));
    const chunks = [];
    for (let start = from; start < to; start += step) {
      if (this.state.finished.some(([a, b]) => start >= a && start < b)) continue;
      chunks.push({ ...this.task, from: start, to: Math.min(start + step, to) });
    }
    return chunks;
  }

  add({ from, to, count, undecided, mismatches, examples, seconds }) {
    const s = this.state;
    s.count += count;
    s.undecided += undecided;
    s.mismatches += mismatches;
    s.examples = [...s.examples, ...examples].slice(0, 20);
    s.seconds += seconds;
    s.finished.push([from, to]);
    s.finished.sort((a, b) => a[0] - b[0]);
    const merged = [];
    for (const [a, b] of s.finished) {
      const last = merged.at(-1);
      if (last !== undefined && last[1] === a) last[1] = b;
      else merged.push([a, b]);
    }
    s.finished = merged;
    if (performance.now() - this.written > 5000) this.write();
  }

  write() {
    if (!this.file) return;
    writeFileSync(`${this.file}.new`, `${JSON.stringify(this.state)}\n`);
    renameSync(`${this.file}.new`, this.file);
    this.written = performance.now();
  }
}
