package netlab

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]Fault{
		"":                nil,
		"latency":         {Latency{Up: 50 * time.Millisecond, Down: 50 * time.Millisecond}},
		"latency:up=1s":   {Latency{Up: time.Second}},
		"stalled, gone":   nil,
		"upgrade-refused": {UpgradeRefused{Status: 403}},
		"connection-cut:by=rst:only=websockets:after=3s, answers-lost:probability=0.1:path=send": {
			Cut{After: 3 * time.Second, Only: WebSockets, By: RST}, AnswersLost{Path: "send", Probability: 0.1},
		},
		"half-open:side=target": {HalfOpen{Side: TargetSide}},
	} {
		got, err := Parse(text)
		assert.Equal(t, strings.Contains(text, "gone"), err != nil, text)
		assert.Equal(t, want, got, text)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, why := range map[string]string{
		"nonsense":                       `there is no fault "nonsense", only latency, `,
		"latency:up=x":                   `up: "x" is no duration`,
		"latency:up=-1s":                 "is no duration",
		"latency:sideways=1s":            "sideways: there is no such parameter",
		"latency:up=1s:up=2s":            `"up" is given twice`,
		"slow-link:up=-1":                "is no integer",
		"answers-lost:probability=2":     "is no number",
		"answers-lost:probability=NaN":   "is no number",
		"stalled:direction=left":         "is none of both, up, down",
		"redirected:to=a\tb":             "printable",
		"connection-cut:by=rst":          "bytes or after is needed",
		"idle-timeout:after=0s":          "after is needed",
		"upgrade-swallowed:status=1":     "no such parameter",
		"latency:up=9999999h:down=1y":    "is no duration",
		"slow-link:down=999999999999999": "is no integer",
	} {
		_, err := Parse(text)
		assert.ErrorContains(t, err, why, text)
	}
}

func TestEveryFaultHasItsOwnName(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Names() {
		assert.False(t, seen[name], name)
		seen[name] = true
		faults, err := Parse(name)
		require.NoError(t, err)
		require.Len(t, faults, 1)
		assert.Equal(t, name, faults[0].Name())
	}
}

func FuzzParse(f *testing.F) {
	f.Add(strings.Join(Names(), ","))
	f.Add("latency:up=1ms:down=2h:jitter=3s:connect=0s,connection-cut:bytes=10:direction=up:by=rst")
	f.Add("latency:,slow-link:up=0,half-open:side=client:after=0s")
	f.Fuzz(func(t *testing.T, text string) {
		faults, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(Format(faults...))
		require.NoError(t, err, Format(faults...))
		assert.Equal(t, faults, again)
	})
}

func FuzzFrameHeader(f *testing.F) {
	f.Add([]byte{0x81, 0x05})
	f.Add([]byte{0x82, 0xFE, 1, 0, 1, 2, 3, 4})
	f.Add([]byte{0x82, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var h frameHeader
		from := bufio.NewReader(bytes.NewReader(data))
		if h.read(from) != nil {
			return
		}
		assert.GreaterOrEqual(t, h.payload, int64(0))
		assert.True(t, bytes.HasPrefix(data, h.bytes()), "it is passed on as it came")
		assert.Equal(t, len(data)-len(h.bytes()), from.Buffered())
	})
}
