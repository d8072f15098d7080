/** What the client calls its status while a wire is in use. */
export const ONLINE = "online"
