package main

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/internal/wiretest"
)

// The program is told to stop while clients are there, on every transport.
func TestStopTellsTheClients(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	over := make(chan error, 1)
	go func() { over <- run(ctx, listener, hawser.Options{}) }()
	var clients []*wiretest.Client
	for _, transport := range []string{"websocket", "sse", "poll"} {
		c := &wiretest.Client{
			URL: "http://" + listener.Addr().String() + "/realtime/", Transport: transport, Token: "ann", HTTP: &http.Client{Transport: &http.Transport{}},
		}
		t.Cleanup(func() { c.Cut(); c.HTTP.CloseIdleConnections() })
		require.NoError(t, c.Connect(t.Context()))
		clients = append(clients, c)
	}
	stop()
	for _, c := range clients {
		p, err := c.Next(t.Context())
		require.NoError(t, err, c.Transport)
		assert.Equal(t, "going_away", p.Code, c.Transport)
	}
	require.NoError(t, <-over)
	_, err = net.Dial("tcp", listener.Addr().String())
	require.Error(t, err, "nobody listens")
}
