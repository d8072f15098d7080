package hawser_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A cancel finds its call wherever that is: it came together with it, waits, or runs.
func TestCancelsThatComeWithTheirCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeck(t)
		d.OnCall("wait", func(c *hawser.Context) error { <-c.Done(); return c.Err() })
		d.OnCall("never", func(*hawser.Context) error { t.Error("it was canceled before"); return nil })
		d.OnCall("quick", allow)
		w := d.board(1)[0]
		d.say(t, w, `[33,2,"","never"]`, `[33,3,"","wait"]`, `[33,4,"","never"]`, `[36,2]`, `[36,4]`,
			`[33,5,"","quick"]`, `[33,6,"","wait"]`, `[33,7,"","never"]`)
		synctest.Wait()
		d.say(t, w, `[36,7]`, `[36,3]`, `[36,2]`, `[36,99]`)
		synctest.Wait()
		d.say(t, w, `[36,6]`, `[36,6]`)
		synctest.Wait()
		packets, _ := d.take(t, w)
		var said []string
		for _, p := range packets {
			if p.Kind == codec.KindReply || p.Kind == codec.KindError {
				said = append(said, strings.TrimSpace(strings.Join([]string{p.Kind.String(), p.Code}, " ")))
			}
		}
		assert.Equal(t, []string{"error canceled", "error canceled", "error canceled", "reply", "error canceled", "error canceled"}, said)
	})
}

// Handlers give back together what they are done with; but one that takes its time keeps little from the client.
func TestRoomOfWhatIsHandledIsGivenBackSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const room = 32
		d := newDeck(t, func(o *hawser.Options) { o.Inbox = session.InboxLimits{Packets: room} })
		gate := make(chan struct{})
		d.OnEvent("quick", allow)
		d.OnEvent("slow", func(*hawser.Context) error { <-gate; return nil })
		w := d.board(1)[0]
		const quick = 14
		d.say(t, w, append(slices.Repeat([]string{`[32,"","quick"]`}, quick), `[32,"","slow"]`)...)
		synctest.Wait()

		now, cancel := context.WithCancel(t.Context())
		cancel()
		more := func(n int) error {
			return w.Receive(now, []byte(strings.Join(slices.Repeat([]string{`[32,"","quick"]`}, n), "\n")))
		}
		require.NoError(t, more(room-1-room/16), "the slow one takes room, and a sixteenth of all at most is not given back")
		require.Error(t, more(1+room/16))
		close(gate)
		synctest.Wait()
	})
}
