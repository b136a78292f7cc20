/**
 * What an experiment is: parameters, cells that are computed on their own, the rows they give, and the tables and figures
 * made of the rows. Everything else (workers, files, printing) knows experiments by this alone.
 */
import type { z } from 'zod';
import type { AnalyzeOptions } from '../analysis/options.ts';
import type { DecoderSource } from '../model/decoder-source.ts';

/** A value of a row; null where there is none. NaN and infinities are numbers like others. */
export type Value = number | string | null;

/** One value a column, by key. */
export type Row = Readonly<Record<string, Value>>;

export interface Column {
  readonly key: string;
  readonly kind: 'integer' | 'number' | 'text';
  readonly header: string;
  readonly unit?: string;
  readonly meaning: string;
}

/** What one cell is: plain data, so that it can be sent to a worker. */
export type Cell = Readonly<Record<string, Value>>;

export interface ResultColumn {
  readonly key: string;
  readonly header: string;
  readonly unit?: string;
  readonly form?: 'scientific' | 'fixed' | 'integer';
}

export interface ResultTable {
  /** Names its file. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly Row[];
}

export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  /** The same name has the same colour in every panel. */
  readonly name: string;
  /** `bound`: dashed, without marks. `points`: marks alone. Default: a line with marks. */
  readonly style?: 'bound' | 'points';
  readonly points: readonly Point[];
}

export interface FigurePanel {
  readonly title?: string;
  readonly series: readonly Series[];
  /** Vertical lines. */
  readonly markers?: readonly { readonly x: number; readonly label: string }[];
}

export interface Figure {
  /** Names its file. */
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly panels: readonly FigurePanel[];
}

export interface Source {
  /** Paper, post or catalogue section. */
  readonly reference: string;
  /** What it reported. */
  readonly reported: string;
}

/** What differs between Node and a browser, and what computes. */
export interface Context {
  loadCheckpoint(folder: string): Promise<DecoderSource>;
  /** For the analyses of whole models; default `cpu`. */
  readonly backend?: AnalyzeOptions['backend'];
}

/** P: the parameters, all with values. */
export interface Experiment<P = Readonly<Record<string, unknown>>> {
  readonly id: string;
  readonly title: string;
  readonly source: Source;
  /** What our runs of it show. */
  readonly finding: string;
  /** Every parameter has a default and says what it means (`describe`). */
  readonly parameters: z.ZodObject;
  /** Parameters of a run of some seconds. */
  readonly quick: Partial<P>;
  readonly columns: readonly Column[];
  /** The policies under which it analyses whole models, on any backend; absent where it computes none. */
  policies?(parameters: P): readonly string[];
  cells(parameters: P): readonly Cell[];
  /** The rows of one cell: a function of parameters and cell alone (and of the files that they name). */
  run(parameters: P, cell: Cell, context: Context): Promise<readonly Row[]>;
  tables(rows: readonly Row[], parameters: P): readonly ResultTable[];
  figures(rows: readonly Row[], parameters: P): readonly Figure[];
}

/** An experiment by its own types, as one among others. */
export function experiment<S extends z.ZodObject>(
  declared: Experiment<z.infer<S>> & { readonly parameters: S },
): Experiment {
  return declared as unknown as Experiment;
}
