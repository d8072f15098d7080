// Package hawser is a realtime framework for Go servers and browsers, in which a session outlives the connections that carry it.
//
// A session is two numbered logs, one in each direction; a WebSocket, a streamed response or a poll is only a cursor over them. So what the
// application sends is accepted exactly once and in order, across lost connections, retried requests and moves between transports, for as long
// as the session lives. Where that cannot be kept, the application is told what was lost.
//
//	rt := hawser.New(hawser.Options{})
//
//	chat := rt.Channel("chat:{room}")
//	chat.OnJoin(func(c *hawser.Context) error { return nil })
//	hawser.HandleCall(chat, "say", func(c *hawser.Context, in Message) (hawser.Position, error) {
//		in.From = c.User().ID
//		return rt.Publish(c, c.Channel(), "said", in)
//	})
//
//	http.Handle("/realtime/", rt)
//
// # The parts
//
// A [Server] is an http.Handler that holds sessions. Its [Options] say who may connect, and how much of what it keeps.
//
// A [Session] is one client, whatever transport it uses: [Session.Send] sends it an event, [Session.Call] asks it and waits for the answer.
// [Server.User] reaches all sessions of a user.
//
// A [Channel] is a pattern of channel names, and the rules for them: who may join, publish and look, what is kept, and what a slow reader gets.
// [Server.Publish] sends to the members of a channel.
//
// A [Handler] handles one thing that happened on a session, which its [Context] describes: [HandleEvent] and [HandleCall] make one of a typed
// function, and [Server.Use] wraps [Middleware] around all of them. A session's handlers run one at a time and in order. A handler's error is
// what the client's call fails with: see [Error].
//
// # Nothing by default
//
// A zero Options lets everybody connect, from pages of the same origin, as an anonymous [User]; joining a channel, publishing to it, reading its
// history and seeing who is there are denied until a handler allows them.
//
// # More
//
// The browser's client is served beside the transports, as /realtime/hawser.mjs, and is the npm package hawser. The folder docs has guides, and
// docs/protocol.md specifies what goes over the wire.
package hawser
