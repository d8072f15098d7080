import type { Encoded } from "../codecs/codec.js";
import type { Opening } from "./transport.js";
/** What carries packets up for wires whose response only brings them down. */
export interface Uplink {
    send(packet: Encoded): void;
    wake(): void;
    close(): void;
}
/**
 * Carries packets up by POST to `send`, one at a time; what gathers meanwhile goes in the next. Each begins with the
 * first packet that is not acknowledged, so one whose answer was lost is simply followed by another: the server drops
 * what it has accepted.
 */
export declare function uplink(o: Opening): Uplink;
