package hawser_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
)

// A panicky cannot be encoded.
type panicky struct{}

func (panicky) MarshalJSON() ([]byte, error) { panic("in MarshalJSON") }

var _ json.Marshaler = panicky{}

func TestErrorsOfCalls(t *testing.T) {
	s := newSite(t, hawser.Options{MaxPayload: 1 << 16})
	hawser.HandleCall(s, "typed", func(_ *hawser.Context, in say) (say, error) { return in, nil })
	hawser.HandleCall(s, "own", func(*hawser.Context, any) (any, error) {
		return nil, &hawser.Error{Code: "sold_out", Message: "no seats", Data: say{"row 5"}}
	})
	hawser.HandleCall(s, "secret", func(*hawser.Context, any) (any, error) { return nil, errors.New("the password is x") })
	hawser.HandleCall(s, "panic", func(*hawser.Context, any) (any, error) { panic("oh") })
	hawser.HandleCall(s, "panic in the reply", func(*hawser.Context, any) (any, error) { return panicky{}, nil })
	hawser.HandleCall(s, "panic in the error", func(*hawser.Context, any) (any, error) {
		return nil, &hawser.Error{Code: "own", Data: panicky{}}
	})
	hawser.HandleCall(s, "nil error", func(*hawser.Context, any) (any, error) { var e *hawser.Error; return "fine", e })
	s.OnCall("nil *Error", func(*hawser.Context) error { var e *hawser.Error; return e })
	hawser.HandleCall(s, "no JSON", func(*hawser.Context, any) (any, error) { return make(chan int), nil })
	hawser.HandleCall(s, "big", func(*hawser.Context, any) (any, error) { return strings.Repeat("x", 1<<17), nil })
	hawser.HandleCall(s, "long error", func(*hawser.Context, any) (any, error) {
		return nil, hawser.Errorf("own", "%s", strings.Repeat("ü", 1<<17))
	})
	c := s.connect()
	for event, want := range map[string]string{
		"nobody":                 "not_found",
		"own":                    "sold_out",
		"secret":                 "internal",
		"panic":                  "internal",
		"panic in the reply":     "internal",
		"panic in the error":     "own",
		"nil *Error":             "",
		"no JSON":                "internal",
		"big":                    "payload_too_large",
		"long error":             "own",
		"":                       "bad_request",
		"a\x00b":                 "bad_request",
		strings.Repeat("e", 256): "bad_request",
	} {
		p, err := c.Call(t.Context(), "", event, nil)
		require.NoError(t, err, event)
		assert.Equal(t, want, p.Code, event)
		assert.NotContains(t, p.Message, "password")
		assert.Less(t, len(p.Message), 2<<10)
	}
	p, err := c.Call(t.Context(), "", "own", nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"text":"row 5"}`, string(p.Data.Raw))
	assert.Equal(t, "no seats", p.Message)

	p, err = c.Call(t.Context(), "", "typed", []int{1})
	require.NoError(t, err)
	assert.Equal(t, "bad_request", p.Code)
	p, err = c.Call(t.Context(), "", "typed", []byte("x"))
	require.NoError(t, err)
	assert.Equal(t, "bad_request", p.Code, "bytes are not a say")
	p, err = c.Call(t.Context(), "", "typed", say{"alive"})
	assert.Equal(t, say{"alive"}, decode[say](t, c, p, err))
	for _, line := range []string{"the password is x", "panic=oh", "in MarshalJSON", "calls_test.go"} {
		assert.Contains(t, s.logs.String(), line)
	}
}

func TestEventsThatFailAreNoHarm(t *testing.T) {
	s := newSite(t, hawser.Options{})
	s.OnEvent("panic", func(*hawser.Context) error { panic("oh") })
	hawser.HandleEvent(s, "typed", func(*hawser.Context, int) error { t.Error("called"); return nil })
	hawser.HandleCall(s, "echo", func(_ *hawser.Context, in any) (any, error) { return in, nil })
	c := s.connect()
	require.NoError(t, c.Event("", "panic", nil))
	require.NoError(t, c.Event("", "typed", "no number"))
	require.NoError(t, c.Event("", "nobody", nil))
	p, err := c.Call(t.Context(), "", "echo", "still here")
	assert.Equal(t, "still here", decode[string](t, c, p, err))
	assert.Contains(t, s.logs.String(), "panic=oh")
}

func TestTimeoutOfACallReachesItsHandler(t *testing.T) {
	s := newSite(t, hawser.Options{CallTimeout: time.Hour, MaxCallTimeout: 2 * time.Hour})
	left := make(chan time.Duration, 1)
	s.OnCall("wait", func(c *hawser.Context) error {
		deadline, ok := c.Deadline()
		require.True(t, ok)
		left <- time.Until(deadline)
		if time.Until(deadline) < time.Minute {
			<-c.Done()
			return c.Err()
		}
		return nil
	})
	c := s.connect()
	call := func(millis uint64) *codec.Packet {
		p, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindCall, Event: "wait", Millis: millis})
		require.NoError(t, err)
		return p
	}
	assert.Equal(t, "timeout", call(50).Code)
	assert.LessOrEqual(t, receive(t, left), 50*time.Millisecond)
	call(0)
	assert.InDelta(t, time.Hour, receive(t, left), float64(time.Minute), "the default")
	call(codec.MaxInt)
	assert.InDelta(t, 2*time.Hour, receive(t, left), float64(time.Minute), "the bound")
}

func TestCancelOfACall(t *testing.T) {
	s := newSite(t, hawser.Options{})
	began := make(chan struct{}, 1)
	s.OnCall("wait", func(c *hawser.Context) error {
		began <- struct{}{}
		<-c.Done()
		return c.Err()
	})
	s.OnCall("never", func(*hawser.Context) error { t.Error("it was canceled while it waited"); return nil })
	c := s.connect()
	running, waiting := c.ID(), c.ID()
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindCall, ID: running, Event: "wait"}))
	receive(t, began)
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindCall, ID: waiting, Event: "never"}))
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindCancel, ID: waiting}, &codec.Packet{Kind: codec.KindCancel, ID: running},
		&codec.Packet{Kind: codec.KindCancel, ID: 99}))
	for _, id := range []uint64{running, waiting} {
		p, err := c.Answer(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, "canceled", p.Code, "it is answered all the same")
	}
}

func TestCallsToTheClient(t *testing.T) {
	s := newSite(t, hawser.Options{})
	c := s.connect()
	session := s.session(c)
	asked := func(ctx context.Context, reply any) <-chan error {
		done := make(chan error, 1)
		go func() { done <- session.Call(ctx, "q", say{"?"}, reply) }()
		return done
	}
	question := func() *codec.Packet {
		p, err := c.Await(t.Context(), func(p *codec.Packet) bool { return p.Kind == codec.KindCall })
		require.NoError(t, err)
		return p
	}
	var answer say
	done := asked(t.Context(), &answer)
	p := question()
	assert.InDelta(t, 30_000, p.Millis, 1000, "the default, told to the client")
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindReply, ID: p.ID, Data: c.Payload(say{"!"})}))
	require.NoError(t, receive(t, done))
	assert.Equal(t, say{"!"}, answer)

	done = asked(t.Context(), nil)
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindError, ID: question().ID, Code: "busy", Message: "m", Data: c.Payload(say{"d"})}))
	var e *hawser.Error
	require.ErrorAs(t, receive(t, done), &e)
	assert.Equal(t, hawser.Code("busy"), e.Code)
	assert.Equal(t, "m", e.Message)
	var more say
	require.NoError(t, e.Bind(&more))
	assert.Equal(t, say{"d"}, more)
	require.Error(t, e.Bind(new(int)), "it does not fit")
	require.Error(t, (&hawser.Error{Data: more}).Bind(&more), "nobody answered it")
	require.NoError(t, hawser.ErrNotFound.Bind(&more), "it has none")

	done = asked(t.Context(), &answer)
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindReply, ID: question().ID, Data: c.Payload(1)}))
	require.ErrorIs(t, receive(t, done), &hawser.Error{Code: hawser.CodeBadRequest}, "an answer that does not fit")

	ctx, cancel := context.WithCancel(t.Context())
	done = asked(ctx, nil)
	p = question()
	cancel()
	require.ErrorIs(t, receive(t, done), hawser.ErrCanceled)
	told, err := c.Await(t.Context(), func(p *codec.Packet) bool { return p.Kind == codec.KindCancel })
	require.NoError(t, err)
	assert.Equal(t, p.ID, told.ID)
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindReply, ID: p.ID}), "a late answer is dropped")
	require.ErrorIs(t, receive(t, asked(ctx, nil)), hawser.ErrCanceled)

	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = receive(t, asked(ctx, nil))
	require.ErrorIs(t, err, hawser.ErrTimeout)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	done = asked(t.Context(), nil)
	_, err = c.Await(t.Context(), func(p *codec.Packet) bool { return p.Kind == codec.KindCall && p.ID > told.ID+1 })
	require.NoError(t, err)
	session.End("closed", "")
	require.ErrorIs(t, receive(t, done), hawser.ErrSessionEnded, "an unanswered call ends with its session")
	require.ErrorIs(t, receive(t, asked(t.Context(), nil)), hawser.ErrSessionEnded)
}
