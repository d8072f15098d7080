package hawser_test

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"log"
	"net/http"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/hawser-go/hawser"
)

// A chat. Its page needs no build step: it imports the client from /realtime/hawser.mjs, joins "chat:lobby", and calls "say".
func Example() {
	type Message struct {
		From string `json:"from"`
		Text string `json:"text"`
	}

	rt := hawser.New(hawser.Options{})

	chat := rt.Channel("chat:{room}")
	chat.OnJoin(func(c *hawser.Context) error { return nil }) // anybody may join; without this line, nobody may
	chat.History(hawser.HistoryOptions{})                     // whoever comes back gets what they missed
	hawser.HandleCall(chat, "say", func(c *hawser.Context, in Message) (hawser.Position, error) {
		in.From = c.User().ID
		return rt.Publish(c, c.Channel(), "said", in)
	})

	mux := http.NewServeMux()
	mux.Handle("/realtime/", rt)
	mux.Handle("/", http.FileServer(http.Dir("page")))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", mux))
}

// Users who have signed in on the site, known by the cookie that it gave them.
func ExampleNew() {
	userOf := func(cookie string) (id string, ok bool) { return "ann", true }

	rt := hawser.New(hawser.Options{
		Authenticate: func(r *http.Request, _ string) (hawser.User, error) {
			cookie, err := r.Cookie("session")
			if err != nil {
				return hawser.User{}, hawser.ErrUnauthorized
			}
			id, ok := userOf(cookie.Value)
			if !ok {
				return hawser.User{}, hawser.ErrUnauthorized
			}
			return hawser.User{ID: id}, nil
		},
		Origins: []string{"https://app.example.com"}, // beside the server's own
	})
	http.Handle("/realtime/", rt)
}

// A call with its answer, and with an error that the page can tell from others.
func ExampleHandleCall() {
	type Order struct {
		Item  string `json:"item"`
		Count int    `json:"count"`
	}
	type Receipt struct {
		Number int `json:"number"`
	}

	rt := hawser.New(hawser.Options{})
	hawser.HandleCall(rt, "order", func(c *hawser.Context, in Order) (Receipt, error) {
		if in.Count < 1 {
			return Receipt{}, hawser.Errorf(hawser.CodeBadRequest, "order at least one %s", in.Item)
		}
		return Receipt{Number: 1}, nil
	})
}

// What a handler returns is told to the client by its code; other errors are not, and are logged.
func ExampleErrorf() {
	err := fmt.Errorf("ordering: %w", hawser.Errorf("sold_out", "no seats in row %d", 7))

	var told *hawser.Error
	if errors.As(err, &told) {
		fmt.Println(told.Code)
		fmt.Println(told.Message)
	}
	fmt.Println(errors.Is(err, &hawser.Error{Code: "sold_out"}))
	// Output:
	// sold_out
	// no seats in row 7
	// true
}

// The server publishes, and reads what it has published.
func ExampleServer_History() {
	ctx := context.Background()
	rt := hawser.New(hawser.Options{})
	rt.Channel("chat:{room}").History(hawser.HistoryOptions{Size: 100, Age: time.Hour})

	for _, text := range []string{"ahoy", "made fast"} {
		if _, err := rt.Publish(ctx, "chat:lobby", "said", text); err != nil {
			log.Fatal(err)
		}
	}
	page, err := rt.History(ctx, "chat:lobby", hawser.HistoryQuery{Limit: 10})
	if err != nil {
		log.Fatal(err)
	}
	for _, message := range page.Messages {
		var text string
		if err := message.Bind(&text); err != nil {
			log.Fatal(err)
		}
		fmt.Println(message.Offset, message.Event, text)
	}
	// Output:
	// 1 said ahoy
	// 2 said made fast
}

// A counter: whoever joins gets its value, and then each change exactly once.
func ExampleChannel_OnSnapshot() {
	rt := hawser.New(hawser.Options{})

	var mu sync.Mutex // the state and its publication change together
	var score int
	var at hawser.Position // of the last publication that the score knows

	game := rt.Channel("game:{id}")
	game.OnJoin(func(c *hawser.Context) error { return nil })
	game.History(hawser.HistoryOptions{})
	game.OnSnapshot(func(c *hawser.Context) (any, error) {
		mu.Lock()
		defer mu.Unlock()
		return hawser.At(at, score), nil
	})
	rt.OnCall("goal", func(c *hawser.Context) (err error) {
		mu.Lock()
		defer mu.Unlock()
		score++
		at, err = rt.Publish(c, "game:7", "goal", 1)
		return err
	})
}

// Prices: a slow reader gets the latest of each symbol, and nobody gets more than ten batches a second.
func ExampleChannel_Deliver() {
	type Price struct{ Symbol string }

	rt := hawser.New(hawser.Options{})
	rt.Channel("ticker:{market}").Deliver(
		hawser.LatestBy(func(event string, data any) string {
			price, _ := data.(Price)
			return price.Symbol
		}),
		hawser.FlushEvery(100*time.Millisecond),
	)
}

// A message to all tabs and devices of a user.
func ExampleServer_User() {
	rt := hawser.New(hawser.Options{})

	sent, err := rt.User("ann").Send("notice", "your order has left")
	fmt.Println(sent, err) // ann is not here: send a mail
	// Output: 0 <nil>
}

// Middleware goes around everything that happens on a session: here it measures calls.
func ExampleServer_Use() {
	calls := expvar.NewMap("calls")

	rt := hawser.New(hawser.Options{})
	rt.Use(func(next hawser.Handler) hawser.Handler {
		return func(c *hawser.Context) error {
			if c.Op() != hawser.OpCall {
				return next(c)
			}
			began := time.Now()
			err := next(c)
			calls.AddFloat(c.Event(), time.Since(began).Seconds())
			return err
		}
	})
}

// Counts for whatever collects metrics: here under /debug/vars.
func ExampleServer_Stats() {
	rt := hawser.New(hawser.Options{})
	expvar.Publish("hawser", expvar.Func(func() any { return rt.Stats() }))
}

// A value that middleware of an HTTP framework has found out, for Authenticate and for the session.
func ExampleWithRequestValue() {
	rt := hawser.New(hawser.Options{
		Authenticate: func(r *http.Request, _ string) (hawser.User, error) {
			tenant, _ := hawser.RequestValue(r, "tenant").(string)
			return hawser.User{ID: tenant + "/ann"}, nil
		},
	})
	http.HandleFunc("/{tenant}/realtime/", func(w http.ResponseWriter, r *http.Request) {
		rt.ServeHTTP(w, hawser.WithRequestValue(r, "tenant", r.PathValue("tenant")))
	})
}

// A program that stops in good order: clients are told to come back, handlers finish, and only then HTTP ends.
func ExampleServer_Shutdown() {
	rt := hawser.New(hawser.Options{})
	mux := http.NewServeMux()
	mux.Handle("/realtime/", rt)
	server := &http.Server{Addr: "127.0.0.1:8080", Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	interrupted, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	go func() {
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()

	<-interrupted.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := errors.Join(rt.Shutdown(ctx), server.Shutdown(ctx)); err != nil {
		log.Print(err)
	}
}
