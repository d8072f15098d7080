package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A halted market changes nothing, and says so to those who come.
func TestHalt(t *testing.T) {
	m := newMarket()
	defer func() { require.NoError(t, m.rt.Shutdown(t.Context())) }()
	opening := m.state()
	require.NoError(t, m.change(t.Context(), 500))
	changed := m.state()
	assert.NotEqual(t, opening, changed)
	assert.False(t, changed.Halted)

	require.NoError(t, m.halt(t.Context(), true))
	require.NoError(t, m.change(t.Context(), 500))
	assert.Equal(t, state{Prices: changed.Prices, Halted: true}, m.state())

	assert.Equal(t, "TEA", symbol("price", price{Symbol: "TEA"}))
	assert.Empty(t, symbol("halted", true), "which nothing replaces")
}
