// The name that one goes by, kept for the next visit.

const KEY = "hawser-name"

export function myName() {
  return read() || "sailor " + Math.floor(100 + Math.random() * 900)
}

export function rename(name) {
  try { localStorage.setItem(KEY, name) } catch { /* private mode: for this visit only */ }
}

function read() {
  try { return localStorage.getItem(KEY) } catch { return null }
}
