package hawser

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/polling"
	"github.com/hawser-go/hawser/transport/sse"
	"github.com/hawser-go/hawser/transport/uplink"
	"github.com/hawser-go/hawser/transport/websocket"
)

// Options configure a Server. The zero value works: everybody may connect, from pages of the same origin, as an anonymous user. In every field zero is the
// default; over a bound or a time below zero New panics, except where the field says what that means.
type Options struct {
	// Authenticate says who the user of a new session is, by the request that opened it and the token that the client's auth function gave
	// ("" if none). It runs once for each session, before anything of it is handled, and again only when a later connection shows other credentials
	// (token, Authorization, cookies) or the client sends a fresh token. ErrUnauthorized or ErrForbidden, or an Error with one of their codes, refuses, and
	// that is final; any other error means that the user cannot be known now, and the client tries again, after Error.Retry or 2 s. The request's context ends
	// after AuthTimeout. It may be called by several goroutines at the same time, for several sessions. Nil: everybody is anonymous.
	Authenticate func(r *http.Request, token string) (User, error)
	// AuthTimeout bounds Authenticate. Default 15 s.
	AuthTimeout time.Duration

	// Origins are the origins, beside the server's own, whose pages may connect: "https://app.example.com", with the port if it is not the
	// scheme's. "*" allows all, with credentials: only for what is public. The rule is the same for every transport.
	Origins []string

	// Codecs are the codecs that a client may choose. Default: JSON, MessagePack. What is published is encoded once for each of them, whoever listens: so
	// whether it can be encoded does not depend on the listeners, and everybody can read what is kept. Leave out what no client uses.
	Codecs []codec.Codec
	// Transports are the transports that a client may use. Default: WebSocket, SSE, polling.
	Transports []transport.Transport

	// Broker is what this server shares with others: the publications of channels, and who is there. Sessions and users are each server's own. Default: a
	// memory.Broker of its own. One that is given is not closed by Shutdown.
	Broker broker.Broker

	// MaxPayload is the most bytes of one packet, in either direction, and of what one frame holds. Clients are told. Default 1 MiB. Of what comes up,
	// 16 KiB are taken in any case, because a client sends so much before it is told.
	MaxPayload int
	// Outgoing bounds what waits for one client. Past the bounds, the channel that has most waiting loses what waits, and is reset for this client
	// (Channel.Deliver); if nothing of a channel waits, the session ends with CodeOverflow. Clients acknowledge every 1,024 packets or 256 KiB at the latest:
	// a sent part that holds less waits for them.
	Outgoing session.Limits
	// Inbox bounds what one client has sent and its handlers have not finished. Past the bounds, reading stops.
	Inbox session.InboxLimits
	// MaxSessions bounds how many sessions there may be, SessionRate how many begin a second, and SessionBurst how many may begin at once after a time when few
	// did. Clients beyond are told when to come back (CodeUnavailable, with a time), each at another time, so that a crowd comes back evenly at SessionRate. A
	// client that comes back to a session that it has is never turned away. Default: no bounds; SessionBurst: one second's worth.
	MaxSessions  int
	SessionRate  int
	SessionBurst int
	// MaxChannels is how many channels one session may have joined. Default 128.
	MaxChannels int

	// CallTimeout is how long a call of a client may take if it does not say; what it says is bounded by MaxCallTimeout. Also the time that
	// Session.Call waits if its context has no deadline. Defaults 30 s and 5 min.
	CallTimeout    time.Duration
	MaxCallTimeout time.Duration

	// Heartbeat is how long a connection may be quiet before it is tested, up to a quarter less at random. Default 25 s.
	Heartbeat time.Duration
	// ResumeFor is how long a session lives on without a connection; between two polls it is 3 s at least. Default 2 min.
	ResumeFor time.Duration
	// DedupeWindow is how long the server remembers how many of the client's packets a session had accepted that has ended, so that a client that lost its
	// session does not send them again. It does so for the last 65,536 sessions; the oldest are forgotten first. Default 10 min; below 0: not at all.
	DedupeWindow time.Duration
	// RecycleStreams is how long a streamed response lasts at most, for a proxy on the way that limits how long a response may take: the client is asked in
	// time to open another one, and moves there without losing anything and without the application noticing. Polls end by themselves, and WebSockets are left
	// alone: proxies limit how long those are quiet, and the heartbeat sees to that. It applies to the default Transports; others have an option of their
	// own: sse.Options.MaxAge, websocket.Options.MaxAge. Default: no limit.
	RecycleStreams time.Duration
	// PollHold is how long a poll is held at most, 25 s at the most. Default 25 s.
	PollHold time.Duration
	// WriteTimeout is how long one write may take before the client counts as gone, and a WebSocket may be open before its client says something. Default 10 s.
	WriteTimeout time.Duration

	// Logger gets what whoever runs the server should know. Default slog.Default().
	Logger *slog.Logger
}

// check panics over a bound or a time that cannot be meant.
func (o Options) check() {
	for name, value := range map[string]int64{
		"AuthTimeout": int64(o.AuthTimeout), "CallTimeout": int64(o.CallTimeout), "MaxCallTimeout": int64(o.MaxCallTimeout), "Heartbeat": int64(o.Heartbeat),
		"ResumeFor": int64(o.ResumeFor), "RecycleStreams": int64(o.RecycleStreams), "PollHold": int64(o.PollHold), "WriteTimeout": int64(o.WriteTimeout),
		"MaxPayload": int64(o.MaxPayload), "MaxChannels": int64(o.MaxChannels),
		"MaxSessions": int64(o.MaxSessions), "SessionRate": int64(o.SessionRate), "SessionBurst": int64(o.SessionBurst),
	} {
		if value < 0 {
			panic(fmt.Sprintf("hawser: Options.%s is below zero", name))
		}
	}
}

func (o Options) withDefaults() Options {
	o.AuthTimeout = cmp.Or(o.AuthTimeout, 15*time.Second)
	if len(o.Codecs) == 0 {
		o.Codecs = []codec.Codec{codec.JSON(), codec.MessagePack()}
	}
	if len(o.Transports) == 0 {
		o.Transports = []transport.Transport{
			websocket.New(websocket.Options{}),
			sse.New(sse.Options{MaxAge: o.RecycleStreams}),
			polling.New(polling.Options{}),
		}
	}
	if !slices.ContainsFunc(o.Transports, func(t transport.Transport) bool { return t.Path() == "send" }) {
		o.Transports = append(slices.Clone(o.Transports), uplink.New())
	}
	o.MaxPayload = cmp.Or(o.MaxPayload, 1<<20)
	o.SessionBurst = cmp.Or(o.SessionBurst, o.SessionRate)
	o.MaxChannels = cmp.Or(o.MaxChannels, 128)
	o.CallTimeout = cmp.Or(o.CallTimeout, 30*time.Second)
	o.MaxCallTimeout = cmp.Or(o.MaxCallTimeout, 5*time.Minute)
	o.Heartbeat = cmp.Or(o.Heartbeat, 25*time.Second)
	o.ResumeFor = cmp.Or(o.ResumeFor, 2*time.Minute)
	o.DedupeWindow = cmp.Or(o.DedupeWindow, 10*time.Minute)
	o.PollHold = min(cmp.Or(o.PollHold, 25*time.Second), 25*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 10*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	return o
}

// firstFlight is the most bytes of packets that a client sends before it is told what a packet may have (docs/protocol.md §3.1). One that was refused then
// would keep its number, and everything behind it, waiting for ever.
const firstFlight = 16 << 10

// lines returns the bounds of the sessions.
func (o Options) lines() line.Options {
	return line.Options{
		Codecs:       o.Codecs,
		MaxFrame:     max(o.MaxPayload, firstFlight),
		Outgoing:     session.SharedLimits(o.Outgoing),
		Inbox:        session.SharedInboxLimits(o.Inbox),
		Heartbeat:    o.Heartbeat,
		PongWithin:   10 * time.Second,
		StaleAfter:   2 * time.Second,
		ResumeFor:    o.ResumeFor,
		LeaveFor:     min(5*time.Second, o.ResumeFor),
		MaxHold:      o.PollHold,
		WriteTimeout: o.WriteTimeout,
		MaxSessions:  o.MaxSessions,
		SessionRate:  o.SessionRate,
		SessionBurst: o.SessionBurst,
		DedupeWindow: o.DedupeWindow,
		MaxDedupe:    1 << 16,
		Logger:       o.Logger,
	}
}
