// The server of socket.io's clients; with `--recovery`, one that keeps what a client missed.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { ledger } from './ledger.mjs'

const server = createServer((request, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>socket.io</title>'))
const io = new Server(server, process.argv.includes('--recovery') ? { connectionStateRecovery: {} } : {})
const ups = ledger((run, n) => io.to(run).emit('down', { n }))

io.on('connection', socket => {
  const { run } = socket.handshake.query
  if (run) socket.join(run)
  socket.on('up', ({ run, n }) => ups.add(run, n))
  socket.emit('greeting')
})

ups.serve(server)
