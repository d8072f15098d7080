package hawser_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
)

// The end of a call is the same for those who wait for it and those who look.
func TestContextOfACall(t *testing.T) {
	ends := func(t *testing.T, millis uint64, wait func(context.Context)) (during, after error) {
		synctest.Test(t, func(t *testing.T) {
			d := newDeck(t)
			seen := make(chan *hawser.Context, 1)
			d.OnCall("look", func(c *hawser.Context) error {
				assert.NoError(t, c.Err())
				deadline, ok := c.Deadline()
				assert.True(t, ok)
				assert.Equal(t, time.Duration(millis)*time.Millisecond, time.Until(deadline))
				wait(c)
				during = c.Err()
				seen <- c
				return nil
			})
			w := d.connect(1)
			call, err := codec.JSON().AppendPacket(nil, &codec.Packet{Kind: codec.KindCall, ID: 2, Event: "look", Millis: millis})
			require.NoError(t, err)
			require.NoError(t, w.Receive(t.Context(), call))
			c := <-seen
			synctest.Wait()
			after = c.Err()
			time.Sleep(time.Hour)
			assert.Equal(t, after, c.Err(), "it stays so")
			<-c.Done()
			assert.Equal(t, after, c.Err())
		})
		return during, after
	}
	during, after := ends(t, 1000, func(context.Context) {})
	require.NoError(t, during)
	assert.Equal(t, context.Canceled, after, "it is over")
	for name, wait := range map[string]func(context.Context){
		"one who waits": func(c context.Context) { <-c.Done() },
		"one who looks": func(context.Context) { time.Sleep(time.Second) },
	} {
		during, after = ends(t, 1000, wait)
		assert.Equal(t, context.DeadlineExceeded, during, name)
		assert.Equal(t, context.DeadlineExceeded, after, name)
	}
}
