// Package guest lets everybody in by the name that they give: examples are among friends.
package guest

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/hawser-go/hawser"
)

const maxName = 24 // characters

// Authenticate takes the token for the user's name.
func Authenticate(_ *http.Request, token string) (hawser.User, error) {
	name := strings.TrimSpace(token)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return hawser.User{}, hawser.Errorf(hawser.CodeUnauthorized, "a name has 1 to %d characters", maxName)
	}
	return hawser.User{ID: name}, nil
}
