package main

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/examples/internal/guest"
)

// A said is one message in a room.
type said struct {
	From string    `json:"from"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
	Ref  string    `json:"ref,omitempty"` // what the sender calls it, to know it again
}

// What a room takes and remembers.
const (
	maxText    = 2000 // characters
	maxRef     = 40
	remembered = 500 // messages
	remembers  = 2 * time.Hour
)

// newChat makes the server: rooms are channels, saying something is a call.
func newChat() *hawser.Server {
	rt := hawser.New(hawser.Options{Authenticate: guest.Authenticate})
	everybody := func(*hawser.Context) error { return nil }

	chat := rt.Channel("chat:{room}")
	chat.OnJoin(everybody)
	chat.History(hawser.HistoryOptions{Size: remembered, Age: remembers})
	chat.OnHistory(everybody)
	chat.Presence(hawser.PresenceOptions{})
	chat.OnPresence(everybody)
	chat.AllowState() // who is typing
	hawser.HandleCall(chat, "say", func(c *hawser.Context, in said) (struct{}, error) {
		text := strings.TrimSpace(in.Text)
		if text == "" || utf8.RuneCountInString(text) > maxText || len(in.Ref) > maxRef {
			return struct{}{}, hawser.Errorf(hawser.CodeBadRequest, "a message has 1 to %d characters", maxText)
		}
		_, err := rt.Publish(c, c.Channel(), "said", said{From: c.User().ID, Text: text, At: time.Now().UTC(), Ref: in.Ref})
		return struct{}{}, err
	})
	return rt
}
