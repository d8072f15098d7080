/**
 * How many bytes a string has in UTF-8. By hand: TextEncoder is not everywhere, and would make the bytes only to
 * count them.
 */
export declare function byteLength(text: string): number;
/** Whether the protocol allows it as the name of a channel or event: 1 to 255 bytes without control characters. */
export declare function isName(name: string): boolean;
