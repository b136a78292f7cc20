/** `ulpwise probe`: measures a backend and prints what it does beside what it declares. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import { SoftfloatArithmetic } from '../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../backends/cpu/cpu-arithmetic.ts';
import { type Finding, type MakeArithmetic, type ProbeReport, probe, probedFormats } from '../backends/probe/index.ts';
import { type BinaryFormat, InputError } from '../formats/index.ts';
import { jsonText } from '../report/json.ts';
import { type Column, markdownList, printTable, type TableFormat } from '../report/table.ts';
import type { Io } from './io.ts';
import { progressLine } from './progress.ts';

/** What `--backend` offers. */
export const backends = Object.freeze({
  cpu: (spec) => new CpuArithmetic('cpu', () => spec) as Arithmetic<unknown>,
  scalar: (spec) => new SoftfloatArithmetic('scalar', () => spec) as Arithmetic<unknown>,
} satisfies Record<string, MakeArithmetic>);

export type BackendName = keyof typeof backends;

export const backendNames = Object.keys(backends) as readonly BackendName[];

export interface ProbeCommandOptions {
  readonly formats?: readonly BinaryFormat[];
  readonly table: TableFormat;
  readonly json?: boolean;
}

/** @returns whether everything measured is as declared */
export async function runProbe(make: MakeArithmetic, options: ProbeCommandOptions, io: Io): Promise<boolean> {
  const progress = progressLine(io);
  try {
    const { formats } = options;
    const report = await probe(make, {
      ...(formats && { formats }),
      onProgress: (share, what) => progress.report({ done: share, total: 1, what }),
    });
    progress.clear();
    io.stdout(options.json === true ? probeJson(report) : printed(report, options.table));
    return report.agrees;
  } finally {
    progress.clear();
  }
}

/** @throws InputError where a name is not of a format that is probed */
export function formatList(text: string): BinaryFormat[] {
  return text.split(',').map((name) => {
    const format = probedFormats.find((candidate) => candidate.name === name.trim());
    if (format !== undefined) return format;
    const names = probedFormats.map((candidate) => candidate.name).join(', ');
    throw new InputError(`--formats: expected some of ${names}, separated by commas, got '${name}'`);
  });
}

function probeJson({ arithmetic, agrees, findings }: ProbeReport): string {
  return jsonText({
    ...{ schema: 'ulpwise.probe/1', arithmetic, agrees },
    findings: findings.map(({ property, format, policy, declared, measured, agrees: agree, cases }) => {
      return { property, format, policy, declared, measured, agrees: agree, cases };
    }),
  });
}

/** Findings that differ in their format only. */
interface Line extends Omit<Finding, 'format' | 'policy'> {
  readonly formats: readonly string[];
  /** The policy behind its format. */
  readonly options: string;
}

const columns: readonly Column<Line>[] = [
  { key: 'property', header: 'property', align: 'left', value: ({ property }) => property },
  { key: 'options', header: 'policy', align: 'left', value: ({ options }) => options },
  { key: 'declared', header: 'declared', align: 'left', value: ({ declared }) => declared },
  { key: 'measured', header: 'measured', align: 'left', value: ({ measured }) => measured },
  { key: 'formats', header: 'formats', align: 'left', value: ({ formats }) => formats.join(' ') },
  { key: 'cases', header: 'cases', align: 'right', form: 'integer', value: ({ cases }) => cases },
  { key: 'agrees', header: 'agrees', align: 'left', value: ({ agrees }) => agrees },
];

function printed(report: ProbeReport, table: TableFormat): string {
  const lines = linesOf(report.findings);
  const text = printTable(table, columns, lines);
  if (table !== 'md') return text;
  const differing = report.findings.filter(({ agrees }) => !agrees).length;
  const summary = [
    { label: 'arithmetic', text: report.arithmetic },
    {
      label: 'measured as declared',
      text: `${report.findings.length - differing} of ${report.findings.length} properties`,
    },
  ];
  return `${markdownList(summary)}\n${text}`;
}

function linesOf(findings: readonly Finding[]): Line[] {
  const lines = new Map<string, Line>();
  for (const { format, policy, ...finding } of findings) {
    const options = policy.slice(format.length).replace(/^;\s*/, '');
    const key = [finding.property, options, finding.declared, finding.measured].join('\n');
    const known = lines.get(key);
    lines.set(key, {
      ...{ ...finding, options },
      formats: [...(known?.formats ?? []), format],
      cases: (known?.cases ?? 0) + finding.cases,
    });
  }
  return [...lines.values()];
}
