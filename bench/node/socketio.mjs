// socket.io as it comes.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { message, run } from './control.mjs'

const server = createServer()
const io = new Server(server)

io.on('connection', socket => {
  socket.on('join', (room, done) => {
    socket.join(room)
    done()
  })
  socket.on('echo', (data, answer) => answer(data))
})

run(server, (room, seq) => io.to(`room:${room}`).emit('m', message(seq)))
