/** A place in a frame. */
export interface Input {
    readonly bytes: Uint8Array;
    readonly view: DataView;
    at: number;
}
/** Opens bytes for reading. They are not copied; what is decoded from them is. */
export declare function inputOf(bytes: Uint8Array): Input;
/**
 * Decodes the value at `input.at` and moves behind it. Integers beyond 2^53 come as bigint, timestamps as `Date` (to
 * the millisecond), bin as a `Uint8Array` of its own, maps as objects whose keys are strings or the digits of integers.
 *
 * Throws a `HawserError` with the code `protocol` for everything malformed: a value that is cut off or declares more
 * than there is, text that is not UTF-8, other keys, an extension other than the timestamp, nesting deeper than 128.
 */
export declare function decodeValue(input: Input): unknown;
