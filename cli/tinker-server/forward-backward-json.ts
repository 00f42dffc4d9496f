import * as z from 'zod';
import type { ForwardBackwardRequest } from '../../core/tinker/protobuf.js';
import { parseBody } from './route.js';

const tokens = z.array(
  z
    .int()
    .min(-(2 ** 31))
    .lt(2 ** 31),
);
const tensor = z.object({ data: z.array(z.number()), dtype: z.enum(['int64', 'float32']).nullish() });

const input = z.object({
  data: z.array(
    z.object({
      model_input: z.object({ chunks: z.array(z.object({ tokens })) }),
      loss_fn_inputs: z.object({ target_tokens: z.object({ data: tokens }) }).catchall(tensor),
    }),
  ),
  loss_fn: z.string(),
  loss_fn_config: z.record(z.string(), z.number()).nullish(),
});

const common = { model_id: z.string(), seq_id: z.int().min(0).nullish() };
const gradientRequest = z.object({
  ...common,
  forward_backward_input: input,
  forward_only: z.boolean().nullish(),
});
const forwardRequest = z.object({ ...common, forward_input: input });

/** The JSON form of a request for scores or a gradient, which SDKs up to 0.24 send. */
export function readForwardBackwardJson(bytes: Uint8Array, isForward: boolean): ForwardBackwardRequest {
  if (isForward) {
    const { forward_input, ...rest } = parseBody(bytes, forwardRequest);
    return requestOf(forward_input, rest, true);
  }
  const { forward_backward_input, forward_only, ...rest } = parseBody(bytes, gradientRequest);
  return requestOf(forward_backward_input, rest, forward_only === true);
}

function requestOf(
  { data, loss_fn: lossFn, loss_fn_config: config }: z.output<typeof input>,
  { model_id: modelId, seq_id: seqId }: { readonly model_id: string; readonly seq_id?: number | null | undefined },
  isForwardOnly: boolean,
): ForwardBackwardRequest {
  return {
    modelId,
    seqId: seqId ?? 0,
    lossFn,
    lossFnConfig: config ?? {},
    isForwardOnly,
    data: data.map(({ model_input, loss_fn_inputs }) => ({
      tokens: Int32Array.from(model_input.chunks.flatMap((chunk) => chunk.tokens)),
      inputs: Object.fromEntries(
        Object.entries(loss_fn_inputs).map(([name, each]) => [
          name,
          name === 'target_tokens' ? Int32Array.from(each.data) : Float32Array.from(each.data),
        ]),
      ),
    })),
  };
}
