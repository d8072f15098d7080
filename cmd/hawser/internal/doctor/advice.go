package doctor

const fallsBack = " Until then clients go on by another transport, without being told to."

// advice is what to change, by finding.
var advice = map[string]string{
	latency: "Nothing is broken. Serve nearer to the users, and keep connections alive, so that they need not be " +
		"opened anew.",
	slowLink: "Nothing is broken. Keep messages small, and use MessagePack.",
	silence: "Something takes connections and never answers: a firewall that drops packets, or a server that hangs. " +
		"Look whether the requests reach the server.",
	upgradeRefused: "A proxy does not pass upgrades on. nginx: proxy_http_version 1.1; proxy_set_header Upgrade " +
		"$http_upgrade; proxy_set_header Connection \"upgrade\"; or allow WebSockets in the firewall." + fallsBack,
	upgradeSwallowed: "A proxy or firewall lets the upgrade request vanish. Pass Upgrade and Connection on to the server, or " +
		"use https, which hides the WebSocket from what is between." + fallsBack,
	framesDropped: "A proxy answers the upgrade and does not carry what follows. Use https, or take the proxy out of the " +
		"way." + fallsBack,
	stalled: "Something stops carrying a WebSocket that worked: a firewall that inspects it, or a proxy with a limit. " +
		"Use https." + fallsBack,
	responsesBuffered: "A proxy collects the answer before it passes it on. nginx: proxy_buffering off; for this path. " +
		"Elsewhere look for buffering, compression or virus scanning of responses." + fallsBack,
	answersLost: "The server handles requests whose answers never arrive. Hawser sends again and loses nothing, but look " +
		"for a proxy that runs out of time or of connections.",
	postReplayed: "A proxy sends POSTs twice. Hawser drops what it has, other applications may not. nginx: " +
		"proxy_next_upstream off; or without non_idempotent.",
	answersDuplicated: "A cache answers in the server's place, though every answer says no-store. Exempt this path from caching.",
	connectionCut:     "Something ends connections that work. Look for limits of time or volume in proxies and balancers.",
	halfOpen: "One side of a connection is dropped and the other not told, as by a NAT or a balancer that forgets. " +
		"Lower the server's Heartbeat.",
	idleTimeout: "Quiet connections are ended. Raise the timeout (nginx: proxy_read_timeout, haproxy: timeout tunnel, " +
		"ALB: idle timeout), or lower the server's Heartbeat below it.",
	badGateway:    "A proxy does not reach the server. See whether it runs, and where the proxy looks for it.",
	captivePortal: "A page answers in the server's place: log in to the network, or see what is mounted at this path.",
	redirected: "Requests are sent elsewhere. Give the address that they are sent to, or take the redirect away: clients " +
		"do not follow it.",
	streamTruncated: "A proxy ends streams as if they were complete. Look for a limit on the size of responses." + fallsBack,
	streamGzipped:   "Streams are compressed on their way, which delays them. Exempt text/event-stream from compression." + fallsBack,
	unreachable:     "See whether the server runs, and whether host and port are right.",
	notHawser: "Something else answers at this path. See where the server is mounted, and whether the URL ends with " +
		"that path.",
	originRefused: "Add the origin to hawser.Options.Origins on the server.",
	refused:       "The server refuses the session. If it wants to know who asks, give -token.",
	sessionGone: "A session that was just made is not known any more: requests reach different servers, or the server " +
		"restarts. Send a client's requests to one server.",
	unfinished: "Nothing is known to be wrong. Try again, or watch for a shorter time.",
}
