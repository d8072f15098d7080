package hawser_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
)

// What a member sent before its session ended was accepted: it is handled, and published, as what is not a channel's is.
func TestWhatAMemberSentBeforeTheEndIsHandled(t *testing.T) {
	s := newSite(t, hawser.Options{})
	began, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s.OnEvent("hold", func(c *hawser.Context) error {
		close(began)
		<-c.Done()
		close(ended)
		<-goOn
		return nil
	})
	seen := make(chan string, 10)
	room := s.Channel("room:{n}")
	room.OnJoin(allow)
	room.History(hawser.HistoryOptions{})
	room.AllowPublish(hawser.PublishIf(func(c *hawser.Context) error { seen <- "publish"; return c.Err() }))
	room.OnEvent("e", func(c *hawser.Context) error { seen <- "event " + c.Param("n"); return c.Err() })
	room.OnLeave(func(*hawser.Context) error { seen <- "leave"; return nil })
	c := s.connect()
	joinAt(t, c, "room:1", hawser.Position{})
	joinAt(t, c, "room:2", hawser.Position{})
	_, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindLeave, Channel: "room:2"})
	require.NoError(t, err)
	assert.Equal(t, "leave", receive(t, seen))

	require.NoError(t, c.Event("", "hold", nil))
	receive(t, began) // one that begins after the end does not end with the session
	require.NoError(t, c.Event("room:1", "e", nil))
	require.NoError(t, c.Event("room:2", "e", nil)) // it is not there any more
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindPublish, ID: 100, Channel: "room:1", Event: "said", Data: c.Payload("bye")}))
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindEnd, Code: "closed"}))
	receive(t, ended)
	close(goOn)
	for _, want := range []string{"event 1", "publish", "leave"} {
		assert.Equal(t, want, receive(t, seen))
	}
	page, err := s.History(t.Context(), "room:1", hawser.HistoryQuery{})
	require.NoError(t, err)
	require.Len(t, page.Messages, 1)
	assert.Equal(t, "said", page.Messages[0].Event)
}
