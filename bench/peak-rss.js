/** Loaded before a program (`node --import`): writes the most memory it had, in KiB, to the file of the variable. */
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  writeFileSync(process.env.ULPWISE_PEAK_RSS, String(process.resourceUsage().maxRSS));
});
