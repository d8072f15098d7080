package hawser

// A User is whoever a session belongs to. The zero User is anonymous.
type User struct {
	// ID tells users apart. A session keeps the one that it began with. "" is anonymous.
	ID string
	// Data is what the application wants to know of the user. It is shared by all who ask: do not change it.
	Data any
}
