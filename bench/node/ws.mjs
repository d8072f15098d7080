// ws, as its README broadcasts: a loop over the clients.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { message, run } from './control.mjs'

const server = createServer()
const rooms = new Map()

new WebSocketServer({ server }).on('connection', (socket, request) => {
  const room = Number(new URL(request.url, 'http://x').searchParams.get('room'))
  if (!rooms.has(room)) rooms.set(room, new Set())
  rooms.get(room).add(socket)
  socket.on('message', (data, binary) => socket.send(data, { binary }))
  socket.on('close', () => rooms.get(room).delete(socket))
  socket.on('error', () => {})
})

run(server, (room, seq) => {
  const text = JSON.stringify(message(seq))
  for (const socket of rooms.get(room)) socket.send(text)
})
