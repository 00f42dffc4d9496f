import type { JsonValue } from '../contracts/data.js';
import type { RecordLocation } from './record-location.js';

export interface PromptAndAnswer {
  readonly prompt: string;
  readonly answer: string;
}

/**
 * Order in which the options of a question are shown: the numbers of the options, first to last. `record` is the number
 * of the record in its file.
 */
export type OptionOrder = (options: number, record: number) => ArrayLike<number>;

/** How the records of one dataset become problems. */
export interface RecordForm {
  readonly name: string;
  /** What a record looks like, for errors and documentation. */
  readonly description: string;
  /** Top-level fields that every record has; of a table only these columns are read, and those of `optional`. */
  readonly fields: readonly string[];
  /** Top-level fields that some records have. */
  readonly optional?: readonly string[];
  /** Whether the options of a question are in fields of their own, so that their order can be chosen. */
  readonly hasOptions?: true;
  /** What every problem keeps of its record, asked for or not. */
  metadata?(record: unknown, location: RecordLocation): Readonly<Record<string, JsonValue>>;
  /** Throws ORZ_DATA_MALFORMED, naming the field, if the record is not of this form. */
  read(record: unknown, location: RecordLocation, order?: OptionOrder): PromptAndAnswer;
}

/** A form with the test that recognises it by one record. */
export interface KnownForm extends RecordForm {
  matches(record: unknown): boolean;
}
