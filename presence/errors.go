package presence

import (
	"errors"
	"fmt"
)

var (
	// ErrNotHere is returned for a session that has not entered.
	ErrNotHere = errors.New("presence: the session has not entered")
	// ErrTooManyStates is returned by SetState for a key over Options.MaxStates.
	ErrTooManyStates = errors.New("presence: too many keys are in use")
	// ErrStateKey is returned by SetState for a key that is empty or over MaxStateKey.
	ErrStateKey = fmt.Errorf("presence: a key has 1 to %d bytes", MaxStateKey)
	// ErrStateTTL is returned by SetState for a time that is none, or over MaxStateTTL.
	ErrStateTTL = fmt.Errorf("presence: a state lasts for at most %v", MaxStateTTL)
	// ErrDeaf is returned by SetState and TakeBack while the broker answers nothing: whoever shows something does not wait for it each time.
	ErrDeaf = errors.New("presence: the broker does not answer")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("presence: closed")
)

// A TooLargeError is returned for data over Options.MaxData, or a state over Options.MaxState.
type TooLargeError struct {
	Size, Limit int // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("presence: %d bytes are over the limit of %d", e.Size, e.Limit)
}
