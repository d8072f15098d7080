package channel

import "time"

// UnwantedAfter is after how long a cached packet goes that nobody asks for; it may be twice that.
const UnwantedAfter time.Duration = unwantedAfter

// Cached returns how many bytes the caches of all channels take.
func (h *Hub) Cached() int { return int(h.caches.used.Load()) }
