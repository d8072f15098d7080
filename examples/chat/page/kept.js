// What this tab showed of each room, until it is closed.

const key = (room) => "hawser-chat " + room

export function keep(room, what) {
  try { sessionStorage.setItem(key(room), JSON.stringify(what)) } catch { /* private mode, or full: it is had from history then */ }
}

export function recall(room) {
  try { return JSON.parse(sessionStorage.getItem(key(room))) } catch { return null }
}
