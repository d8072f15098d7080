import type { Socket } from "node:net"

/** Ends a socket by RST. */
export function reset(socket: Socket): void {
  // While Node says FIN, resetAndDestroy fails, leaves the socket open for good, and the process does not end.
  const ending = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0
  if (ending) socket.once("finish", () => socket.resetAndDestroy())
  else socket.resetAndDestroy()
}
