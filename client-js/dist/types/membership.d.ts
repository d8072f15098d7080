import type { ChannelStatus } from "./channel.js";
import { type HawserError } from "./errors.js";
import type { Requests } from "./requests.js";
/** One client's membership of one channel. */
export interface Membership {
    joined(): boolean;
    join(data: unknown): Promise<unknown>;
    leave(): Promise<unknown>;
    /** A message of the channel was handed on, or messages were lost and it goes on at a position. */
    at(offset: number, epoch?: string): void;
    /** The server removed us. */
    left(error: HawserError): void;
    /** The session is lost, another begins: asks to be let in again, before anything else is sent. */
    rejoin(): void;
}
export declare function membership(name: string, requests: Requests, changed: (status: ChannelStatus) => void): Membership;
