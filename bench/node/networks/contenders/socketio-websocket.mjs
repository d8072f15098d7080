// socket.io-client with WebSocket first, and whatever else when that cannot be opened.
import { openWith } from './socketio.mjs'

const options = { transports: ['websocket', 'polling'], tryAllTransports: true }

export const open = (url, run, on) => openWith(options, url, run, on)
