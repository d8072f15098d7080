package doctor

// The transports, as reports name them.
const (
	webSocketName = "websocket"
	streamName    = "sse"
	pollingName   = "polling"
)

// The names of findings. Those that the network laboratory has a fault for have the fault's name.
const (
	latency           = "latency"
	slowLink          = "slow-link"
	silence           = "silence"
	upgradeRefused    = "upgrade-refused"
	upgradeSwallowed  = "upgrade-swallowed"
	framesDropped     = "frames-dropped"
	stalled           = "stalled"
	responsesBuffered = "responses-buffered"
	answersLost       = "answers-lost"
	postReplayed      = "post-replayed"
	answersDuplicated = "answers-duplicated"
	connectionCut     = "connection-cut"
	halfOpen          = "half-open"
	idleTimeout       = "idle-timeout"
	badGateway        = "bad-gateway"
	captivePortal     = "captive-portal"
	redirected        = "redirected"
	streamTruncated   = "stream-truncated"
	streamGzipped     = "stream-gzipped"

	unreachable   = "unreachable"    // no connection
	notHawser     = "not-hawser"     // something else answers there
	originRefused = "origin-refused" // the server does not allow the origin
	refused       = "refused"        // the server closed the wire, with a code
	sessionGone   = "session-gone"   // a session that was just made is not known
	unfinished    = "unfinished"     // there was no time left
)
