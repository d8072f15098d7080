/** Hawser's client with every transport and every part, for those who have no bundler. */

export { history } from "./history.js"
export * from "./index.js"
export { count, presence } from "./presence/presence.js"
export { state } from "./presence/state.js"
