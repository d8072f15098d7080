package codec

// Version is the version of the protocol that this package speaks.
const Version = 1

// Hello is the body of a hello: see docs/protocol.md §2.3.
type Hello struct {
	V     uint64 `json:"v"`
	Key   string `json:"key,omitempty"`
	SID   string `json:"sid,omitempty"`
	Wire  uint64 `json:"wire"`
	Claim uint64 `json:"claim"`
	Recv  uint64 `json:"recv"`
	Token string `json:"token,omitempty"`
	Wait  uint64 `json:"wait,omitempty"`
	Lost  *Lost  `json:"lost,omitempty"`
}

// Lost names a session that the client has lost, in the hello that begins the next one.
type Lost struct {
	SID string `json:"sid"`
	Key string `json:"key"`
}

// Welcome is the body of a welcome: see docs/protocol.md §2.4.
type Welcome struct {
	V          uint64  `json:"v"`
	SID        string  `json:"sid"`
	Key        string  `json:"key,omitempty"`
	Recv       uint64  `json:"recv"`
	Active     bool    `json:"active"`
	Resumed    bool    `json:"resumed"`
	Heartbeat  uint64  `json:"heartbeat"`
	ResumeFor  uint64  `json:"resumeFor"`
	Limits     Limits  `json:"limits"`
	Generation uint64  `json:"generation"`
	Accepted   *uint64 `json:"accepted,omitempty"` // nil: not known
}

// Joined is the data of the reply to a join: see docs/protocol.md §9.
type Joined struct {
	Epoch     string `json:"epoch"`
	Offset    uint64 `json:"offset"`
	Recovered *bool  `json:"recovered,omitempty"` // nil: the join named no position
	Data      any    `json:"data,omitempty"`
	Snapshot  any    `json:"snapshot,omitempty"`
}

// Limits are the bounds that a server tells its clients.
type Limits struct {
	Frame uint64 `json:"frame"` // bytes
}
