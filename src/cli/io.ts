/** What a command talks to; tests hand in another one. */
export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  /** True if stderr is a terminal, where progress is shown. */
  readonly terminal: boolean;
  /** Characters a line of stdout holds. */
  readonly columns: number;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Lets signals be heard between the steps of long work. */
  pause(): Promise<void>;
}

export const processIo: Io = {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
  columns: process.stdout.columns ?? 100,
  now: () => performance.now(),
  pause: () => new Promise((resume) => setImmediate(resume)),
};
