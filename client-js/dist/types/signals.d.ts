/** The membership changed: see `ChannelStatus`. */
export declare const STATUS = "\nstatus";
/** The server let us in, for the first time or again. What was asked of it about the channel is to be asked again. */
export declare const JOINED = "\njoined";
/** The state of the channel, before the messages that follow it. */
export declare const SNAPSHOT = "\nsnapshot";
/** Who came and who went: the data of a packet `presence`. */
export declare const PRESENCE = "\npresence";
