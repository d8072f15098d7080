package hawserecho_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/hawser-go/hawser"
	hawserecho "github.com/hawser-go/hawser/adapters/echo"
)

// An application whose middleware knows who the user is, and a session that knows it from there.
func ExampleMount() {
	type account struct{ Name string }

	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set("account", &account{Name: "alice"}) // of a cookie, say
			return next(c)
		}
	})

	rt := hawser.New(hawser.Options{
		Authenticate: func(r *http.Request, _ string) (hawser.User, error) {
			a, ok := hawser.RequestValue(r, "account").(*account)
			if !ok {
				return hawser.User{}, hawser.ErrUnauthorized
			}
			return hawser.User{ID: a.Name, Data: a}, nil
		},
	})
	rt.OnCall("greet", func(c *hawser.Context) error {
		c.Reply("hello, " + c.User().ID)
		return nil
	})
	hawserecho.Mount(e, "/realtime", rt, hawserecho.Pick("account"))

	server := httptest.NewServer(e)
	defer server.Close()
	fmt.Println(poll(server.URL+"/realtime/poll", `[33,1,"","greet"]`))

	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nobody is there to say goodbye to
	_ = rt.Shutdown(ctx)
	// Output: [34,1,"hello, alice"]
}

// poll opens a session by one poll that brings a packet, and returns the last packet of the answer. Clients that are not an example use hawser.js.
func poll(url, packet string) string {
	hello := `[0,{"v":1,"key":"a-key-of-128-random-bits","wire":1,"claim":1,"recv":0,"wait":10000}]`
	response, err := http.Post(url+"?v=1&codec=json", "text/plain", strings.NewReader(hello+"\n[3,1]\n"+packet))
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	packets := strings.Split(string(answer), "\n")
	return packets[len(packets)-1]
}
