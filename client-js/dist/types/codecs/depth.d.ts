/** How deep a packet may nest, its own array included: docs/protocol.md §2. */
export declare const MAX_DEPTH = 128;
