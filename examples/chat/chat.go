package main

import (
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hawser-go/hawser"
)

// A said is one message in a room.
type said struct {
	ID   int64     `json:"id"`
	From string    `json:"from"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// What a room remembers, and what it takes.
const (
	remembered = 50
	maxText    = 2000 // characters
	maxName    = 24
	maxRooms   = 1000
)

// newChat makes the server: rooms are channels, saying something is a call.
func newChat() *hawser.Server {
	rt := hawser.New(hawser.Options{Authenticate: authenticate})
	rooms := rooms{byName: map[string]*room{}}

	chat := rt.Channel("chat:{room}")
	chat.OnJoin(func(c *hawser.Context) error {
		recent, err := rooms.recent(c.Param("room"))
		if err != nil {
			return err
		}
		c.Reply(map[string]any{"recent": recent})
		return nil
	})
	hawser.HandleCall(chat, "say", func(c *hawser.Context, in struct {
		Text string `json:"text"`
	}) (said, error) {
		text := strings.TrimSpace(in.Text)
		if text == "" || utf8.RuneCountInString(text) > maxText {
			return said{}, hawser.Errorf(hawser.CodeBadRequest, "a message has 1 to %d characters", maxText)
		}
		message := rooms.add(c.Param("room"), c.User().ID, text)
		_, err := rt.Publish(c, c.Channel(), "said", message)
		return message, err
	})
	return rt
}

// authenticate takes the token for the name: this is a chat among friends.
func authenticate(_ *http.Request, token string) (hawser.User, error) {
	name := strings.TrimSpace(token)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return hawser.User{}, hawser.Errorf(hawser.CodeUnauthorized, "a name has 1 to %d characters", maxName)
	}
	return hawser.User{ID: name}, nil
}

// rooms remember what was said last in each.
type rooms struct {
	mu     sync.Mutex
	last   int64
	byName map[string]*room
}

type room struct {
	messages []said
}

func (r *rooms) recent(name string) ([]said, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if room := r.byName[name]; room != nil {
		return append([]said{}, room.messages...), nil
	}
	if len(r.byName) >= maxRooms {
		return nil, hawser.Errorf(hawser.CodeUnavailable, "there are %d rooms already: join one of them", maxRooms)
	}
	r.byName[name] = &room{}
	return []said{}, nil
}

func (r *rooms) add(name, from, text string) said {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	message := said{ID: r.last, From: from, Text: text, At: time.Now().UTC()}
	room := r.byName[name]
	room.messages = append(room.messages, message)
	if over := len(room.messages) - remembered; over > 0 {
		room.messages = append([]said{}, room.messages[over:]...)
	}
	return message
}
