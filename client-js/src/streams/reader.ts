import type { Encoded } from "../codecs/codec.js"

/**
 * Starts to read a streamed response: the function that it returns takes the chunks as they come, however they were
 * cut, and calls `frame` with each frame that is whole. That function throws a `HawserError` with the code `protocol`
 * for what is no stream of frames.
 */
export type Reader = (frame: (frame: Encoded) => void) => (chunk: Encoded) => void

/** The most that a reader keeps while it waits for the rest of a frame, in characters or bytes: 16 Mi. */
export const MAX_FRAME = 1 << 24
