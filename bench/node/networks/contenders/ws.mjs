// A bare WebSocket: the least that a connection and a first message take.
import { WebSocket } from 'ws'

export function open(url, run, on) {
  const socket = new WebSocket(url.replace('http', 'ws'))
  socket.once('message', on.greeting)
  socket.on('error', () => {})
  return { transport: () => 'websocket', close: () => socket.close() }
}
