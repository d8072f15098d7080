package hawser_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
)

func exit(*hawser.Context) error { runtime.Goexit(); return nil }

// A handler that ends its goroutine, as FailNow in an application's test does, has failed; what comes after it is handled.
func TestHandlerThatEndsItsGoroutine(t *testing.T) {
	s := newSite(t, hawser.Options{})
	s.OnCall("exit", exit)
	s.OnCall("exit beside", exit, hawser.Concurrent())
	s.OnEvent("exit", exit)
	s.OnCall("fine", allow)
	room := s.Channel("room:{n}")
	room.OnJoin(func(c *hawser.Context) error {
		if c.Param("n") == "0" {
			runtime.Goexit()
		}
		return nil
	})
	room.OnLeave(exit)
	gone := make(chan hawser.Session, 1)
	s.OnDisconnect(func(c *hawser.Context) error { gone <- c.Session(); runtime.Goexit(); return nil })

	c := s.connect()
	ask := func(p codec.Packet) string {
		t.Helper()
		answer, err := c.Ask(t.Context(), p)
		require.NoError(t, err)
		return answer.Code
	}
	for range 200 { // more than the room of an inbox would take, if it were not given back
		require.NoError(t, c.Event("", "exit", make([]byte, 10<<10)))
	}
	assert.Equal(t, "internal", ask(codec.Packet{Kind: codec.KindCall, Event: "exit"}))
	assert.Equal(t, "internal", ask(codec.Packet{Kind: codec.KindCall, Event: "exit beside"}))
	assert.Equal(t, "internal", ask(codec.Packet{Kind: codec.KindJoin, Channel: "room:0"}))
	assert.Zero(t, s.Members("room:0"))
	assert.Empty(t, ask(codec.Packet{Kind: codec.KindJoin, Channel: "room:1"}))
	assert.Empty(t, ask(codec.Packet{Kind: codec.KindLeave, Channel: "room:1"}))
	assert.Empty(t, ask(codec.Packet{Kind: codec.KindCall, Event: "fine"}))
	session := s.session(c)
	session.End("kicked", "")
	assert.Equal(t, session, receive(t, gone))
	assert.Contains(t, s.logs.String(), "the handler ended its goroutine")
}

func TestOnConnectThatEndsItsGoroutineRefuses(t *testing.T) {
	s := newSite(t, hawser.Options{})
	s.OnConnect(exit)
	c := s.connect()
	end, err := c.Await(t.Context(), func(p *codec.Packet) bool { return p.Kind == codec.KindEnd })
	require.NoError(t, err)
	assert.Equal(t, "internal", end.Code)
}
