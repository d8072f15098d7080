package channel_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/hawser-go/hawser/channel"
)

func TestValidName(t *testing.T) {
	for _, name := range []string{"a", "chat:lobby", " ", "é", "日本語", "\u00a0", "\ufffd", strings.Repeat("x", 255)} {
		assert.NoError(t, channel.ValidName(name), "%q", name)
	}
	for name, why := range map[string]error{
		"":                       channel.ErrNameEmpty,
		strings.Repeat("x", 256): channel.ErrNameTooLong,
		strings.Repeat("é", 128): channel.ErrNameTooLong,
		"a\x00":                  channel.ErrNameControl,
		"a\nb":                   channel.ErrNameControl,
		"\x1f":                   channel.ErrNameControl,
		"\x7f":                   channel.ErrNameControl,
		"\u0080":                 channel.ErrNameControl,
		"\u009f":                 channel.ErrNameControl,
		"\xff":                   channel.ErrNameUTF8,
		"a\xc3":                  channel.ErrNameUTF8,
		"\xed\xa0\x80":           channel.ErrNameUTF8,
	} {
		err := channel.ValidName(name)
		var refused *channel.NameError
		assert.ErrorAs(t, err, &refused, "%q", name)
		assert.ErrorIs(t, err, why, "%q", name)
	}
}

func TestNameErrorIsShort(t *testing.T) {
	err := channel.ValidName(strings.Repeat("x", 1<<20))
	assert.Less(t, len(err.Error()), 512)
}

func FuzzValidName(f *testing.F) {
	for _, s := range []string{"", "a", "chat:lobby", "\x00", "\xff", "\ufffd", "\u0085", strings.Repeat("é", 128)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		want := name != "" && len(name) <= 255 && utf8.ValidString(name) && strings.IndexFunc(name, unicode.IsControl) < 0
		assert.Equal(t, want, channel.ValidName(name) == nil)
	})
}
