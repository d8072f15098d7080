package dialect

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hawser-go/hawser/bench/internal/payload"
)

// centrifugeProtobuf is centrifuge's protocol in Protocol Buffers: each command and reply after its length. The
// payloads in them are JSON all the same.
type centrifugeProtobuf struct {
	room  int
	in    bool
	asked int
}

// The numbers of fields, of a Command and of a Reply.
const (
	commandID, commandConnect, commandSubscribe, commandRPC             = 1, 4, 5, 13
	replyID, replyError, replyPush, replyConnect, replySubscribe, reply = 1, 2, 4, 5, 6, 13
)

func (c *centrifugeProtobuf) op() byte     { return opBinary }
func (c *centrifugeProtobuf) joined() bool { return c.in }

func (c *centrifugeProtobuf) hello() []byte {
	channel := field(nil, 1, fmt.Appendf(nil, "room:%d", c.room))
	return append(c.command(commandConnect, nil), c.command(commandSubscribe, channel)...)
}

func (c *centrifugeProtobuf) call(seq uint32) []byte {
	return c.command(commandRPC, field(field(nil, 1, payload.JSON(seq)), 2, []byte("echo")))
}

// command returns a command with the next id.
func (c *centrifugeProtobuf) command(number int, content []byte) []byte {
	c.asked++
	body := binary.AppendUvarint([]byte{commandID << 3}, uint64(c.asked))
	body = field(body, number, content)
	return append(binary.AppendUvarint(nil, uint64(len(body))), body...)
}

// field appends a field that has a length.
func field(dst []byte, number int, content []byte) []byte {
	dst = append(dst, byte(number<<3|2))
	dst = binary.AppendUvarint(dst, uint64(len(content)))
	return append(dst, content...)
}

var errProtobuf = errors.New("malformed Protocol Buffers")

func (c *centrifugeProtobuf) message(in []byte, b *Batch) error {
	for len(in) > 0 {
		reply, rest, err := cutLength(in)
		if err != nil {
			return err
		}
		in = rest
		if len(reply) == 0 {
			b.Out = appendFrame(b.Out, opBinary, []byte{0}) // a ping, and its pong
			continue
		}
		if err := c.reply(reply, b); err != nil {
			return err
		}
	}
	return nil
}

func (c *centrifugeProtobuf) reply(in []byte, b *Batch) error {
	for len(in) > 0 {
		tag := in[0]
		if tag == replyID<<3 {
			_, n := binary.Uvarint(in[1:])
			if n <= 0 {
				return errProtobuf
			}
			in = in[1+n:]
			continue
		}
		content, rest, err := cutLength(in[1:])
		if err != nil {
			return err
		}
		in = rest
		switch tag {
		case replyPush<<3 | 2, reply<<3 | 2:
			if err := find(content, b); err != nil {
				return err
			}
		case replySubscribe<<3 | 2:
			c.in = true
		case replyConnect<<3 | 2:
		case replyError<<3 | 2:
			return fmt.Errorf("refused: %q", content)
		default:
			return fmt.Errorf("unexpected reply %q", content)
		}
	}
	return nil
}

// cutLength cuts off what stands after its length.
func cutLength(in []byte) (content, rest []byte, err error) {
	length, n := binary.Uvarint(in)
	if n <= 0 || length > uint64(len(in)-n) {
		return nil, nil, errProtobuf
	}
	return in[n : n+int(length)], in[n+int(length):], nil
}
