package session_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/session"
)

// A vector is one script of docs/vectors/session.json: the README beside it says what the steps do.
type vector struct {
	Name   string       `json:"name"`
	Side   string       `json:"side"`
	Limits vectorLimits `json:"limits"`
	Steps  []step       `json:"steps"`
}

type vectorLimits struct {
	UnsentBytes   int `json:"unsentBytes"`
	UnsentPackets int `json:"unsentPackets"`
	SentBytes     int `json:"sentBytes"`
	SentPackets   int `json:"sentPackets"`
	Bytes         int `json:"bytes"`
	Packets       int `json:"packets"`
}

type step struct {
	Op        string `json:"op"`
	Bytes     int    `json:"bytes"`
	Recv      uint64 `json:"recv"`
	Budget    int    `json:"budget"`
	N         uint64 `json:"n"`
	Wire      string `json:"wire"`
	Size      int    `json:"size"`
	Claim     uint64 `json:"claim"`
	Displaced string `json:"displaced"`

	Expect any `json:"expect"`
}

// outcome names an error as the scripts do.
func outcome(err error) any {
	for name, known := range map[string]error{
		"overflow": session.ErrOverflow, "ended": session.ErrEnded, "not_sent": session.ErrNotSent,
		"no_start": session.ErrNoStart, "full": session.ErrFull,
	} {
		if errors.Is(err, known) {
			return name
		}
	}
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, session.ErrAfterEnd):
		return "ended"
	case errors.Is(err, session.ErrLeapAgain): // which is an ErrLeap too
		return "leap_again"
	case errors.Is(err, session.ErrLeap):
		return "leap"
	default:
		return err
	}
}

func TestVectors(t *testing.T) {
	raw, err := os.ReadFile("../docs/vectors/session.json")
	require.NoError(t, err)
	var file struct {
		Scripts []vector `json:"scripts"`
	}
	strict := json.NewDecoder(bytes.NewReader(raw))
	strict.DisallowUnknownFields()
	require.NoError(t, strict.Decode(&file))
	require.NotEmpty(t, file.Scripts)
	sides := map[string]func(*testing.T, vector) func(step) any{
		"outgoing": outgoingScript, "incoming": incomingScript, "claims": claimsScript,
	}
	for _, v := range file.Scripts {
		t.Run(v.Side+": "+v.Name, func(t *testing.T) {
			require.Contains(t, sides, v.Side)
			do := sides[v.Side](t, v)
			for i, s := range v.Steps {
				got := do(s)
				if number, ok := got.(uint64); ok {
					got = float64(number) // as JSON has it
				}
				require.Equal(t, s.Expect, got, "step %d: %+v", i+1, s)
			}
		})
	}
}

func outgoingScript(t *testing.T, v vector) func(step) any {
	t.Helper()
	o := session.NewOutgoing(session.SharedLimits(session.Limits{
		UnsentBytes: v.Limits.UnsentBytes, UnsentPackets: v.Limits.UnsentPackets,
		SentBytes: v.Limits.SentBytes, SentPackets: v.Limits.SentPackets,
	}))
	var added []*session.Packet
	add := func(to func(*session.Packet) error, size int) any {
		p := packet(size)
		err := to(p)
		if err == nil {
			added = append(added, p)
		}
		return outcome(err)
	}
	return func(s step) any {
		switch s.Op {
		case "append":
			return add(o.Append, s.Bytes)
		case "last":
			return add(o.AppendLast, s.Bytes)
		case "attach":
			from, err := o.Attach(s.Recv)
			if err != nil {
				return outcome(err)
			}
			return from
		case "next":
			n := o.Cursor()
			p := o.Next(s.Budget)
			if p == nil {
				return nil
			}
			assert.Same(t, added[n-1], p)
			return n
		case "ack":
			return outcome(o.Ack(s.N))
		case "waiting":
			return o.Waiting()
		case "sent":
			return o.Sent()
		case "acked":
			return o.Acked()
		case "size":
			sent, unsent := o.Len()
			sentBytes, unsentBytes := o.Size()
			return map[string]any{
				"sent": float64(sent), "unsent": float64(unsent),
				"sentBytes": float64(sentBytes), "unsentBytes": float64(unsentBytes),
			}
		}
		return "no such op"
	}
}

func incomingScript(_ *testing.T, v vector) func(step) any {
	limits := session.InboxLimits{Bytes: v.Limits.Bytes, Packets: v.Limits.Packets}
	in := session.NewIncoming(session.SharedInboxLimits(limits))
	cursors := map[string]*session.Cursor{}
	return func(s step) any {
		if s.Wire == "" {
			s.Wire = "a"
		}
		c := cursors[s.Wire]
		if c == nil {
			c = new(session.Cursor)
			cursors[s.Wire] = c
		}
		switch s.Op {
		case "start":
			return outcome(in.Start(c, s.N))
		case "accept":
			fresh, err := in.Accept(c, s.Size)
			switch {
			case err != nil:
				return outcome(err)
			case fresh:
				return "new"
			default:
				return "duplicate"
			}
		case "handled":
			if s.Size > 0 {
				in.Handled(1, s.Size)
			}
			return nil
		case "end":
			in.End()
			return nil
		case "accepted":
			return in.Accepted()
		}
		return "no such op"
	}
}

func claimsScript(t *testing.T, _ vector) func(step) any {
	t.Helper()
	var c session.Claims[string]
	return func(s step) any {
		switch s.Op {
		case "take":
			displaced, taken := c.Take(s.Wire, s.Claim)
			assert.Equal(t, s.Displaced, displaced)
			if taken {
				return "taken"
			}
			return "standby"
		case "release":
			return c.Release(s.Wire)
		case "in_use":
			if c.InUse() == "" {
				return nil
			}
			return c.InUse()
		}
		return "no such op"
	}
}
