// Package hawser is a realtime framework for Go servers and browsers in which a session outlives the wire that carries it.
//
// A session is two numbered logs, one in each direction; a WebSocket, a streamed response or a poll is only a cursor over them. So what the
// application sends is accepted exactly once and in order, across lost connections, retried requests and moves between transports, for as long
// as the session lives; and where that cannot be kept, the application is told what was lost.
//
//	rt := hawser.New(hawser.Options{})
//
//	chat := rt.Channel("chat:{room}")
//	chat.OnJoin(func(c *hawser.Context) error { return nil })
//	hawser.HandleCall(chat, "say", func(c *hawser.Context, in Say) (Said, error) {
//		said := Said{From: c.User().ID, Text: in.Text}
//		_, err := rt.Publish(c, c.Channel(), "said", said)
//		return said, err
//	})
//
//	http.Handle("/realtime/", rt)
//
// The packages below do one thing each: session holds the logs, transport what carries them, codec how packets look, channel who gets what is
// published. docs/protocol.md specifies what goes over the wire.
package hawser
