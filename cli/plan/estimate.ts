import type { DiskPlan } from '../../core/plan/disk.js';
import { likelyLengths, longest, planTime, type Lengths, type RunTime } from '../../core/plan/time.js';
import type { PlanRequest } from '../../core/plan/types.js';
import type { GatheredConfig } from '../config/gather.js';
import { unpackError } from '../run/messages.js';
import { formatDuration, formatNumber } from '../terminal/format.js';
import { measureInProcess } from './measure/measure-process.js';

/** How long the whole run takes, or why that could not be measured. */
export type TimeEstimate = MeasuredEstimate | { readonly problem: string };

export interface MeasuredEstimate {
  /** At the likely lengths of prompts and responses. */
  readonly likely: RunTime;
  /** With every prompt and response of the maximum length. */
  readonly atMost: RunTime;
  /** The likely lengths, and where they come from. */
  readonly lengths: Lengths & { readonly source: string };
  /** What was measured, and how long that took. */
  readonly device: string;
  readonly seconds: number;
  /** Of an hour, in the currency in which the user thinks. */
  readonly price?: number;
}

interface EstimateRequest extends Pick<GatheredConfig, 'layers' | 'plugins'> {
  readonly request: PlanRequest;
  readonly disk: DiskPlan | undefined;
  readonly price?: number | undefined;
}

/** Undefined for a model that is not known, or an engine that does not compute here. Throws faults of plugins. */
export async function estimateTime(wanted: EstimateRequest): Promise<TimeEstimate | undefined> {
  const { request, layers, plugins, disk, price } = wanted;
  const { architecture } = request;
  if (architecture === undefined) return undefined;
  const known = { ...request, architecture };
  const answer = await measureInProcess({ layers, plugins, request: known });
  if ('fault' in answer) throw unpackError(answer.fault);
  if ('problem' in answer) return { problem: `not measured: ${answer.problem}` };
  const { speed, device, seconds } = answer.measured;
  const lengths = likelyLengths(request);
  return {
    likely: planTime({ request: known, speed, lengths, disk }),
    atMost: planTime({ request: known, speed, lengths: longest(request.config), disk }),
    lengths,
    device,
    seconds,
    ...(price !== undefined && { price }),
  };
}

const duration = (seconds: number): string => formatDuration(seconds * 1000);
const rounded = (value: number): string => formatNumber(Number(value.toPrecision(2)));

/** Lines for a plan. */
export function describeEstimate({ likely, atMost, lengths, device, seconds }: MeasuredEstimate): string[] {
  const parts = [
    `start ${duration(likely.start)}`,
    `${rounded(likely.perIteration)} s per iteration`,
    `evaluations ${duration(likely.evaluations)}`,
    `checkpoints ${duration(likely.checkpoints)}`,
  ];
  const length = `${Math.round(lengths.responseTokens)} tokens (${lengths.source})`;
  return [
    `about ${duration(likely.total)} for the whole run: ${parts.join(', ')}`,
    `if responses have ${length}; at most ${duration(atMost.total)} if all have the maximum length`,
    `measured in ${rounded(seconds)} s, ${device}`,
  ];
}

/** Undefined if no price is known. */
export function describeCost({ likely, atMost, price }: MeasuredEstimate): string | undefined {
  if (price === undefined) return undefined;
  const cost = (seconds: number): string => ((seconds / 3600) * price).toFixed(2);
  return `about $${cost(likely.total)}, at most $${cost(atMost.total)}, at $${price.toFixed(2)} per hour`;
}
