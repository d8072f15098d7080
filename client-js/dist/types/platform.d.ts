import type { Encoded } from "./codecs/codec.js";
/** One POST. */
export interface PostRequest {
    url: string;
    body: Encoded;
    /** Whether the answer is bytes, or else UTF-8 text. */
    binary: boolean;
    /** Whether `data` is wanted as it arrives, or else once, whole. */
    stream?: boolean | undefined;
    /** Whether it should outlive the page. Nothing is told of its answer then. */
    keepalive?: boolean | undefined;
    /**
     * Takes the answer: piece by piece if streamed (pieces of text never end within a character), or else at once.
     * Not called for a stream without body, nor after the end.
     */
    data(chunk: Encoded, status: number): void;
    /** The end, called once: the answer was read whole, or the request failed. Not called after an abort. */
    done(failed: boolean): void;
}
/**
 * Sends a POST without any header of its own (docs/protocol.md §3), and returns what aborts it. Calls back later,
 * never at once.
 */
export type Post = (request: PostRequest) => () => void;
/** As much of a browser's WebSocket as the client uses. */
export interface Socket {
    binaryType: string;
    onopen: (() => void) | null;
    onmessage: ((event: {
        data: unknown;
    }) => void) | null;
    onclose: (() => void) | null;
    onerror: (() => void) | null;
    send(frame: string | Uint8Array<ArrayBuffer>): void;
    close(code?: number): void;
}
/** A WebSocket's constructor. */
export type SocketConstructor = new (url: string, protocols: string[]) => Socket;
/** What happens to the page that a client lives in. */
export type PageEvent = 
/** It is in front of the user again, or the network is back: what is open should be looked at. */
"wake"
/** It goes for good. */
 | "leave"
/** It goes into the back-forward cache, */
 | "park"
/** and comes back. */
 | "return";
/** All that the client asks of where it runs. Tests bring their own; the legacy bundle builds one on XHR. */
export interface Platform {
    /** Missing where there is neither fetch nor XHR: only WebSocket works then. */
    post?: Post | undefined;
    /** Missing where there is none: the WebSocket transport is then passed over. */
    WebSocket?: SocketConstructor | undefined;
    /** Makes a URL absolute. */
    resolve(url: string): string;
    /** Calls back once, in so many milliseconds; returns what stops it, which does no harm later. */
    after(ms: number, fn: () => void): () => void;
    /** Milliseconds of a clock that only moves forward, from any start. */
    now(): number;
    /** A number from 0 up to, not including, 1. For delays, not for secrets. */
    random(): number;
    /**
     * n bytes (or numbers from 0 to 255) from a secure random source. Missing where there is none: the server then
     * makes the session's key.
     */
    secret?: ((n: number) => ArrayLike<number>) | undefined;
    /** Calls back on what happens to the page; returns what stops it. Missing where there is no page. */
    page?: ((fn: (event: PageEvent) => void) => () => void) | undefined;
    /** Whether nobody sees the page. */
    hidden?: (() => boolean | undefined) | undefined;
    /** Reads what `remember` stored and has not expired. */
    recall?: ((name: string) => string | undefined) | undefined;
    remember?: ((name: string, value: string) => void) | undefined;
    /**
     * Asks for one of the few places that all pages of an origin share for responses that stay open, and calls back
     * once: with what gives it back, or with undefined if all are taken. Missing where pages cannot know of each other:
     * every page may then hold one.
     */
    place?: ((granted: (release: (() => void) | undefined) => void) => void) | undefined;
    /** Where an error goes that nobody listens for. */
    log(error: unknown): void;
}
