package hawser

import "time"

// A User is whoever a session belongs to. The zero User is anonymous.
type User struct {
	// ID tells users apart. A session keeps the one that it began with. "" is anonymous.
	ID string
	// Data is what the application wants to know of the user. It is shared by all who ask: do not change it.
	Data any
	// Expires is when the token that showed the user is not good any more; zero: it always is. The client is asked for a fresh one some time before, 1 to 2
	// minutes if the token is good for long enough, and again while none comes. With one, the session goes on; otherwise it ends with CodeTokenExpired, and
	// the client begins another one with what its auth function gives then. What Authenticate returns as expired already is a refusal.
	Expires time.Time
}
