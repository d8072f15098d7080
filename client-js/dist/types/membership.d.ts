import type { MembershipName, Position } from "./channel.js";
import { type HawserError } from "./errors.js";
import type { Done, Requests } from "./requests.js";
/** One client's membership of one channel: docs/protocol.md §9. */
export interface Membership {
    status(): MembershipName;
    position(): Position | undefined;
    join(data: unknown, since: Position | null | undefined): Promise<unknown>;
    leave(): Promise<void>;
    /** A message of the channel came. Whether it is one for us: what comes before the server let us in is not. */
    at(offset: number): boolean;
    /** Messages were lost: asks to be let in again, from the last one that came. */
    reset(): void;
    /** The server removed us, or the client is closed. */
    left(error?: HawserError): void;
    /** The session is lost, another begins: asks to be let in again, before anything else is sent. */
    rejoin(): void;
}
export declare function membership(name: string, requests: Requests, tell: (signal: string, value?: unknown) => void, promised: <T>(begin: (done: Done) => void) => Promise<T>): Membership;
