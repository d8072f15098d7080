// What a channel says to those who listen to it in the client: events with names that nothing on the wire can have.

/** The membership changed: see `ChannelStatus`. */
export const STATUS = "\nstatus"
/** The server let us in, for the first time or again. What was asked of it about the channel is to be asked again. */
export const JOINED = "\njoined"
/** The state of the channel, before the messages that follow it. */
export const SNAPSHOT = "\nsnapshot"
/** Who came and who went: the data of a packet `presence`. */
export const PRESENCE = "\npresence"
