import type { Platform } from "./platform.js";
import type { Runner, Standing } from "./race.js";
import type { Cursor } from "./session.js";
import type { Opening, Transport, Wire } from "./transports/transport.js";
/** One wire, and what is known of it. */
export interface Strand extends Runner, Cursor {
    readonly via: Transport;
    readonly number: number;
    /** Missing until it opens. */
    conn?: Wire;
    /** The number of the packet that the server expects next on it; 0 before a start. */
    up: number;
    /** What has a higher number went up on no wire before. */
    fresh?: number;
    /** When its hello went, then how long the welcome took. */
    helloAt?: number;
    roundTrip?: number;
    /** Whether its hello takes packets with it. */
    first: boolean;
    /** Stops what it waits for: to open, or to be given up. */
    unwait?: () => void;
}
export interface Strands extends Standing<Strand> {
    /** All of them, the oldest first. */
    readonly all: Strand[];
    /** Adds a wire with the latest claim, which opens after a delay. */
    add(transport: Transport, delay: number, first: boolean): void;
    /** Gives a wire up unless it is forgotten, or heard of again, within so many ms. */
    expect(strand: Strand, within: number): void;
    /** Closes a wire and forgets it. What follows from that is the caller's affair. False if it was forgotten before. */
    discard(strand: Strand): boolean;
    /** Those that are neither in use nor kept. */
    others(): Strand[];
}
/** `failed` is told why a wire is to be given up: it was not discarded then. */
export declare function strands(platform: Platform, opening: (strand: Strand) => Opening, failed: (strand: Strand, why: string) => void): Strands;
