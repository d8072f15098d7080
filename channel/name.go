package channel

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// MaxName is the most bytes that the name of a channel or an event may have.
const MaxName = 255

// Why a name is refused. They are wrapped in a *NameError.
var (
	ErrNameEmpty   = errors.New("it is empty")
	ErrNameTooLong = fmt.Errorf("it is longer than %d bytes", MaxName)
	ErrNameUTF8    = errors.New("it is not UTF-8")
	ErrNameControl = errors.New("it has a control character")
)

// A NameError says which name of a channel or an event was refused; Err is one of the errors above.
type NameError struct {
	Name string
	Err  error
}

func (e *NameError) Error() string {
	name := e.Name
	if len(name) > MaxName {
		name = name[:MaxName] // it came from outside: a log line has no use for all of it
	}
	return fmt.Sprintf("hawser: the name %q is not valid: %v", name, e.Err)
}

func (e *NameError) Unwrap() error { return e.Err }

// ValidName returns nil if name can name a channel or an event, and a *NameError otherwise: 1 to 255 bytes of UTF-8 without
// control characters, U+0000-U+001F and U+007F-U+009F (docs/protocol.md §2.2).
func ValidName(name string) error {
	switch {
	case name == "":
		return &NameError{name, ErrNameEmpty}
	case len(name) > MaxName:
		return &NameError{name, ErrNameTooLong}
	}
	for i, r := range name {
		if r < ' ' || r >= 0x7F && r <= 0x9F {
			return &NameError{name, ErrNameControl}
		}
		if r == utf8.RuneError && !utf8.ValidString(name[i:]) {
			return &NameError{name, ErrNameUTF8}
		}
	}
	return nil
}
