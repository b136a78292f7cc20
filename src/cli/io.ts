/** What a command talks to; tests hand in another one. */
export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  /** True if stderr is a terminal, where progress is shown. */
  readonly terminal: boolean;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
}

export const processIo: Io = {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
  now: () => performance.now(),
};
