/**
 * Encodes one value. Integers take their shortest form, a `Date` becomes a timestamp, an `ArrayBuffer` or a view of one
 * becomes bin, `toJSON` is honoured; what is undefined is left out of objects and is nil in arrays.
 *
 * Throws a `HawserError` with the code `bad_request` for what has no form: a bigint beyond 64 bits, an invalid date, a
 * function, a symbol, and nesting deeper than 128, circular structures among it.
 */
export declare function encodeValue(value: unknown): Uint8Array<ArrayBuffer>;
