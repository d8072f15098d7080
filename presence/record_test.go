package presence

import (
	"testing"
	"time"

	"github.com/hawser-go/hawser/broker"
)

// FuzzRecords decodes what other nodes have written.
func FuzzRecords(f *testing.F) {
	data := []broker.Payload{{Codec: "json", Data: []byte("1")}, {Codec: "msgpack", Data: []byte{1}, Bytes: true}}
	f.Add("1\x00k", encode(presenceRecord{User: "ann", Data: data}))
	f.Add("1\x00k", encode(stateRecord{Until: 1, TTL: 1 << 62, Data: data}))
	f.Add("", []byte("{"))
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		l := broker.Lease{Key: key, Value: value}
		if p, err := decodePresence(l); err == nil && p.Session != key {
			t.Error("the session is", p.Session)
		}
		now := time.Now()
		st, until, err := decodeState(l, now)
		if err == nil && (st.TTL < 0 || st.TTL > MaxStateTTL || !until.Equal(now.Add(st.TTL))) {
			t.Error("it lasts for", st.TTL)
		}
	})
}
