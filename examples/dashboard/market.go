package main

import (
	"context"
	"log"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hawser-go/hawser"
)

// A price is what a symbol costs since a moment.
type price struct {
	Symbol string  `json:"s"`
	Price  float64 `json:"p"`
	At     int64   `json:"t"` // ms since 1970, by the server's clock
}

// symbols are traded at the harbour.
var symbols = []string{
	"AMBER", "BRASS", "CANVAS", "COAL", "COCOA", "COFFEE", "COPPER", "CORK", "FLAX", "GRAIN", "HEMP", "IRON",
	"LINEN", "OAK", "PEPPER", "PITCH", "RUM", "SALT", "SILK", "SUGAR", "TAR", "TEA", "TIN", "WOOL",
}

const (
	channelName = "ticker:harbour"
	// So many prices change a second: far more than a page can show.
	changesPerSecond = 2000
	// What happens in this time is handed on together, of each symbol the latest.
	flushEvery = 100 * time.Millisecond
)

// A market has prices that change.
type market struct {
	rt *hawser.Server

	mu     sync.Mutex
	prices []price
	halted bool
}

// state is what somebody who comes has to know.
type state struct {
	Prices []price `json:"prices"`
	Halted bool    `json:"halted"`
}

// newMarket makes a market, and the server that tells of it.
func newMarket() *market {
	m := &market{rt: hawser.New(hawser.Options{})}
	now := time.Now().UnixMilli()
	for i, s := range symbols {
		m.prices = append(m.prices, price{Symbol: s, Price: 20 + 13*float64(i%7), At: now})
	}
	ticker := m.rt.Channel("ticker:{market}")
	ticker.OnJoin(func(*hawser.Context) error { return nil })
	ticker.Deliver(hawser.LatestBy(symbol), hawser.FlushEvery(flushEvery))
	// No history: who has missed something wants to know what is so now.
	ticker.OnSnapshot(func(*hawser.Context) (any, error) { return m.state(), nil })
	hawser.HandleCall(ticker, "halt", func(c *hawser.Context, halt bool) (struct{}, error) { return struct{}{}, m.halt(c, halt) })
	return m
}

// symbol is the key of a price: a later one of the same symbol replaces it. Other events are not replaced.
func symbol(_ string, data any) string {
	p, _ := data.(price)
	return p.Symbol
}

func (m *market) state() state {
	m.mu.Lock()
	defer m.mu.Unlock()
	return state{Prices: append([]price{}, m.prices...), Halted: m.halted}
}

// halt stops the trade, or lets it go on, and tells all.
func (m *market) halt(ctx context.Context, halt bool) error {
	m.mu.Lock()
	defer m.mu.Unlock() // nothing is published between the last price and the news that it is the last
	m.halted = halt
	_, err := m.rt.Publish(ctx, channelName, "halted", halt)
	return err
}

// trade changes prices until ctx ends.
func (m *market) trade(ctx context.Context) {
	const tick = 10 * time.Millisecond
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := m.change(ctx, changesPerSecond*int(tick)/int(time.Second)); err != nil && ctx.Err() == nil {
			log.Print("dashboard: ", err)
			return
		}
	}
}

// change changes n prices, each by a little.
func (m *market) change(ctx context.Context, n int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.halted {
		return nil
	}
	for range n {
		p := &m.prices[rand.IntN(len(m.prices))]
		p.Price = max(1, math.Round(p.Price*(1+rand.NormFloat64()*0.0008)*100)/100)
		p.At = time.Now().UnixMilli()
		if _, err := m.rt.Publish(ctx, channelName, "price", *p); err != nil {
			return err
		}
	}
	return nil
}
