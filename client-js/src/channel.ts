import type { Unsubscribe } from "./emitter.js"
import type { HawserError } from "./errors.js"
import type { CallOptions } from "./requests.js"

/** Whether one is a member of a channel. */
export type MembershipName = "left" | "joining" | "joined"

/** How a channel's membership changed. */
export interface ChannelStatus {
  /**
   * "joined": for the first time, or again in a new session. "reset": still a member, but messages were lost. "left":
   * no longer a member.
   */
  readonly status: "joined" | "reset" | "left"
  /**
   * Of "joined" and "reset": whether the messages that follow are all that came after the position that one had. Absent
   * where one had none.
   */
  readonly recovered?: boolean | undefined
  /** Of "left": why, if it was not asked for. */
  readonly error?: HawserError | undefined
}

/** A place among the messages of a channel. It can be stored as JSON; offsets only compare within an epoch. */
export interface Position {
  readonly epoch: string
  readonly offset: number
}

export interface JoinOptions {
  /**
   * Goes on after this position, which `Channel.position` was: with what was missed, or, where that is not to be had,
   * with the status `recovered: false`. Without it, the membership begins with what comes next.
   */
  since?: Position | null | undefined
}

/** What one can do with a channel whatever its events are. */
export interface Room {
  readonly name: string
  /**
   * "joined" while the server has let us in; "joining" while it is being asked, the first time or again; "left"
   * otherwise.
   */
  readonly status: MembershipName
  /**
   * After which message one is. Of a member, and of a former one; undefined before the first join. A page that stores
   * it can go on from there when it is loaded again: see `join`.
   */
  readonly position: Position | undefined
  /**
   * Joins, and resolves with what the server's handler has to say. While joined or joining, another call gives the
   * same promise.
   */
  join<T = unknown>(data?: unknown, options?: JoinOptions): Promise<T>
  /** Leaves. Resolves when the server has confirmed it. */
  leave(): Promise<void>
  /**
   * Listens to the channel's state, which comes before the messages that follow it: on a join, and whenever messages
   * were lost. Only where the server has one.
   */
  onSnapshot<T = unknown>(fn: (snapshot: T) => void): Unsubscribe
  /** Listens to the changes of the membership. */
  onStatus(fn: (status: ChannelStatus) => void): Unsubscribe
  /** Sends an event to the channel's handlers on the server: see `Client.send`. */
  send(event: string, data?: unknown): Promise<void>
  /** Sends an event that may be lost: see `Client.volatile`. */
  volatile(event: string, data?: unknown): void
  /** Calls a handler of the channel: see `Client.call`. */
  call<T = unknown>(event: string, data?: unknown, options?: CallOptions): Promise<T>
}

/**
 * A channel, as one client sees it. Listeners stay for as long as the client does. A membership is renewed by itself,
 * from its position, when the session or some messages were lost; in between it hears nothing. All data is what the
 * codec makes of it; type parameters are the caller's word. `Events` says what each event brings:
 * `client.channel<{ said: Said }>("chat:lobby")`.
 */
export interface Channel<Events = unknown> extends Room {
  /** Listens to an event of the channel. */
  readonly on: On<Events>
  /** Publishes an event to the members. Resolves with its position; rejects as `Client.call` does. */
  readonly publish: Publish<Events>
  /**
   * Tells those who listen to a signal of signals.ts, or to one of an extension.
   * @internal
   */
  tell(signal: string, value?: unknown): void
}

type On<Events> = unknown extends Events
  ? <T = unknown>(event: string, fn: (data: T) => void) => Unsubscribe
  : <E extends keyof Events & string>(event: E, fn: (data: Events[E]) => void) => Unsubscribe

type Publish<Events> = unknown extends Events
  ? (event: string, data?: unknown) => Promise<Position>
  : <E extends keyof Events & string>(
      event: E,
      ...data: undefined extends Events[E] ? [Events[E]?] : [Events[E]]
    ) => Promise<Position>
