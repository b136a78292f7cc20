/** `ulpwise probe`: measures a backend and prints what it does beside what it declares. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import { type Finding, type MakeArithmetic, type ProbeReport, probe, probedFormats } from '../backends/probe/index.ts';
import type { DeviceFinding, DeviceProbe } from '../backends/webgpu/probe.ts';
import { type BinaryFormat, fitsFloat32, InputError } from '../formats/index.ts';
import { deviceRecord } from '../report/device.ts';
import { jsonText } from '../report/json.ts';
import { type Column, markdownList, printTable, type TableFormat } from '../report/table.ts';
import { type BackendChoice, backends, chooseBackend } from './backends.ts';
import type { Io } from './io.ts';
import { progressLine } from './progress.ts';

export interface ProbeCommandOptions {
  readonly formats?: readonly BinaryFormat[];
  readonly table: TableFormat;
  readonly json?: boolean;
}

/**
 * @returns whether everything measured is as declared
 * @throws InputError where a device is asked for and there is none
 */
export async function runProbeOf(choice: BackendChoice, options: ProbeCommandOptions, io: Io): Promise<boolean> {
  const { name, gpu: backend } = await chooseBackend(choice, undefined, io.stderr);
  if (backend === undefined) return runProbe(name === 'scalar' ? backends.scalar : backends.cpu, options, io);
  try {
    const formats = options.formats ?? probedFormats.filter(fitsFloat32);
    const make: MakeArithmetic = (spec) => backend.arithmetic('webgpu', () => spec) as Arithmetic<unknown>;
    return await runProbe(make, { ...options, formats }, io, backend.probe);
  } finally {
    backend.close();
  }
}

/** @param device what the backend's device does by itself, printed in front of what the arithmetic does */
export async function runProbe(
  make: MakeArithmetic,
  options: ProbeCommandOptions,
  io: Io,
  device?: DeviceProbe,
): Promise<boolean> {
  // At once: on a device in software the rest takes minutes.
  if (device !== undefined && options.json !== true) {
    io.stdout(`${printTable(options.table, deviceColumns, device.findings)}\n`);
  }
  const progress = progressLine(io);
  try {
    const { formats } = options;
    const report = await probe(make, {
      ...(formats && { formats }),
      onProgress: (share, what) => progress.report({ done: share, total: 1, what }),
    });
    progress.clear();
    io.stdout(options.json === true ? probeJson(report, device) : printed(report, options.table, device));
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

function probeJson({ arithmetic, agrees, findings }: ProbeReport, device: DeviceProbe | undefined): string {
  return jsonText({
    ...{ schema: 'ulpwise.probe/1', arithmetic, agrees },
    findings: findings.map(({ property, format, policy, declared, measured, agrees: agree, cases }) => {
      return { property, format, policy, declared, measured, agrees: agree, cases };
    }),
    ...(device && { device: deviceRecord(device) }),
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

const deviceColumns: readonly Column<DeviceFinding>[] = [
  { key: 'property', header: 'device', align: 'left', value: ({ property }) => property },
  { key: 'measured', header: 'measured', align: 'left', value: ({ measured }) => measured },
  { key: 'reliance', header: 'relied on for', align: 'left', value: ({ reliance }) => reliance },
  { key: 'cases', header: 'cases', align: 'right', form: 'integer', value: ({ cases }) => cases },
];

function printed(report: ProbeReport, table: TableFormat, device: DeviceProbe | undefined): string {
  const lines = linesOf(report.findings);
  const text = printTable(table, columns, lines);
  if (table !== 'md') return text;
  const differing = report.findings.filter(({ agrees }) => !agrees).length;
  const summary = [
    { label: 'arithmetic', text: report.arithmetic },
    ...(device === undefined ? [] : [{ label: 'device', text: device.device }]),
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
