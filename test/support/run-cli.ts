/** A command in this process: what it prints and its exit code. */
import { runCli } from '../../src/cli/program.ts';

export async function run(
  words: readonly string[],
  terminal = false,
): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  let clock = 0;
  const io = {
    stdout: (text: string) => {
      out += text;
    },
    stderr: (text: string) => {
      err += text;
    },
    terminal,
    columns: 100,
    pause: async () => {},
    now: () => {
      clock += 1000;
      return clock;
    },
  };
  return { code: await runCli(words, io), out, err };
}
