package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
)

// newLab makes the server.
//
//	call  echo                      the same payload
//	call  whoami                    {session, user, transport, codec}
//	call  boom                      panics
//	call  slow {ms}                 {} after that time, unless it is canceled
//	event num {run, n}              appends n to the list run
//	call  nums {run}                {list}, in the order in which they were handled
//	call  ticks {run, count, hz}    {}, then events tick {run, n} for n = 1 … count
//	call  ask {question}            what the client's own handler "answer" makes of it
//	call  revoke {user, channel}    {sessions} that were removed from the channel
//	call  kick {user}               {sessions} that were ended, with the code kicked
//	channel lab:{name}              anyone may join; call flood {event, count, hz, size} publishes {n, pad} to all
//	channel locked:{name}           nobody may; channels.go has more channels
//	token "bad"                     unauthorized; any other is the user's name, and after a tilde for how long it is good: "ann~2s"
func newLab(o hawser.Options) *hawser.Server {
	o.Authenticate = authenticate
	rt := hawser.New(o)

	rt.OnCall("echo", func(c *hawser.Context) error {
		var payload codec.Payload // as it came
		if err := c.Bind(&payload); err != nil {
			return err
		}
		c.Reply(payload)
		return nil
	})
	hawser.HandleCall(rt, "whoami", func(c *hawser.Context, _ any) (identity, error) {
		s := c.Session()
		return identity{Session: s.ID(), User: s.User().ID, Transport: s.Transport(), Codec: s.Codec()}, nil
	})
	rt.OnCall("boom", func(*hawser.Context) error { panic("boom") })
	hawser.HandleCall(rt, "slow", slow, hawser.Concurrent())

	var lists lists
	hawser.HandleEvent(rt, "num", func(_ *hawser.Context, in number) error {
		lists.add(in.Run, in.N)
		return nil
	})
	hawser.HandleCall(rt, "nums", func(_ *hawser.Context, in number) (map[string][]int, error) {
		return map[string][]int{"list": lists.of(in.Run)}, nil
	})
	hawser.HandleCall(rt, "ticks", func(c *hawser.Context, in ticks) (struct{}, error) {
		s := c.Session()
		go every(s, in.Count, in.Hz, func(n int) error { return s.Send("tick", number{Run: in.Run, N: n}) })
		return struct{}{}, nil
	})
	hawser.HandleCall(rt, "ask", func(c *hawser.Context, in question) (answer any, err error) {
		err = c.Session().Call(c, "answer", in.Question, &answer)
		return answer, err
	})
	hawser.HandleCall(rt, "revoke", func(_ *hawser.Context, in target) (sessions, error) {
		n, err := rt.Revoke(in.User, in.Channel)
		return sessions{n}, err
	})
	hawser.HandleCall(rt, "kick", func(_ *hawser.Context, in target) (sessions, error) {
		n, err := rt.Kick(in.User, "kicked", "by a call")
		return sessions{n}, err
	})

	lab := rt.Channel("lab:{name}")
	lab.OnJoin(func(*hawser.Context) error { return nil })
	hawser.HandleCall(lab, "flood", func(c *hawser.Context, in flood) (struct{}, error) {
		name, pad := c.Channel(), strings.Repeat("x", min(max(in.Size, 0), 1<<19))
		go every(c.Session(), in.Count, in.Hz, func(n int) error {
			_, err := rt.Publish(c.Session().Context(), name, in.Event, padded{N: n, Pad: pad})
			return err
		})
		return struct{}{}, nil
	})
	rt.Channel("locked:{name}").OnJoin(func(*hawser.Context) error {
		return hawser.Errorf(hawser.CodeForbidden, "this channel is locked")
	})
	addChannels(rt)
	return rt
}

type (
	identity struct {
		Session   string `json:"session"`
		User      string `json:"user"`
		Transport string `json:"transport"`
		Codec     string `json:"codec"`
	}
	number struct {
		Run string `json:"run"`
		N   int    `json:"n"`
	}
	ticks struct {
		Run   string  `json:"run"`
		Count int     `json:"count"`
		Hz    float64 `json:"hz"`
	}
	question struct {
		Question any `json:"question"`
	}
	target struct {
		User    string `json:"user"`
		Channel string `json:"channel"`
	}
	sessions struct {
		Sessions int `json:"sessions"`
	}
	flood struct {
		Event string  `json:"event"`
		Count int     `json:"count"`
		Hz    float64 `json:"hz"`
		Size  int     `json:"size"`
	}
	padded struct {
		N   int    `json:"n"`
		Pad string `json:"pad"`
	}
)

func authenticate(_ *http.Request, token string) (hawser.User, error) {
	if token == "bad" {
		return hawser.User{}, hawser.Errorf(hawser.CodeUnauthorized, "the token is bad")
	}
	name, lifetime, _ := strings.Cut(token, "~")
	user := hawser.User{ID: name}
	if d, err := time.ParseDuration(lifetime); err == nil {
		user.Expires = time.Now().Add(d)
	}
	return user, nil
}

func slow(c *hawser.Context, in struct {
	Ms int `json:"ms"`
}) (struct{}, error) {
	select {
	case <-time.After(time.Duration(in.Ms) * time.Millisecond):
		return struct{}{}, nil
	case <-c.Done():
		return struct{}{}, c.Err()
	}
}

// maxCount bounds what one call can ask for.
const maxCount = 1_000_000

// every calls do with 1 … count, hz times a second, or as fast as it goes if hz is 0, until the session ends or do fails.
func every(s hawser.Session, count int, hz float64, do func(n int) error) {
	began := time.Now()
	for n := 1; n <= min(count, maxCount); n++ {
		if hz > 0 {
			// By the clock, not by the interval: a late tick does not make all later ones late.
			select {
			case <-time.After(time.Until(began.Add(time.Duration(float64(n) / hz * float64(time.Second))))):
			case <-s.Context().Done():
				return
			}
		}
		if err := do(n); err != nil {
			fmt.Printf("lab: stopped at %d of %d: %v\n", n, count, err)
			return
		}
	}
}

// lists are what events wrote down.
type lists struct {
	mu    sync.Mutex
	byRun map[string][]int
}

func (l *lists) add(run string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byRun == nil {
		l.byRun = map[string][]int{}
	}
	l.byRun[run] = append(l.byRun[run], n)
}

func (l *lists) of(run string) []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]int{}, l.byRun[run]...)
}
