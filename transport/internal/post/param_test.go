package post

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzParam compares with net/url, which keeps what can be read of a query and leaves out the rest.
func FuzzParam(f *testing.F) {
	for _, query := range []string{"", "v=1&codec=json", "codec=%zz&codec=a+b", "%63odec=x", "v=1;codec=json", "codec", "&&=&codec=", "a=b=c&codec=%6a"} {
		f.Add(query, "codec")
	}
	f.Fuzz(func(t *testing.T, query, name string) {
		values, _ := url.ParseQuery(query)
		assert.Equal(t, values.Get(name), param(query, name))
	})
}

func TestParamAllocatesNothing(t *testing.T) {
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = param("v=1&codec=json", "codec") }))
}
