// socket.io-client as it comes: polling first, then an upgrade.
import { io } from 'socket.io-client'

export const open = (url, run, on) => openWith({}, url, run, on)

export function openWith(options, url, run, on) {
  const socket = io(url, { ...options, forceNew: true, query: run ? { run } : {} })
  socket.on('greeting', on.greeting)
  socket.on('down', ({ n }) => on.down(n))
  return {
    send: n => socket.emit('up', { run, n }),
    transport: () => (socket.connected ? socket.io.engine.transport.name : undefined),
    close: () => socket.close(),
  }
}
