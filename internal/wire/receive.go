package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// Receive waits for the next message of a WebSocket. Where none comes anymore, end has the code of RFC 6455, 7.4: the client's
// own, 1005 for a close frame without one, 1006 where the connection is gone, and 1007, 1009 or 1002 where the client was told that
// it sent what may not be sent. An err beside it says that the client did not end it in order.
func Receive(ctx context.Context, conn *websocket.Conn) (kind websocket.MessageType, message []byte, end *websocket.CloseError, err error) {
	kind, message, err = conn.Read(ctx)
	if err == nil {
		if kind == websocket.MessageText && !utf8.Valid(message) { // 8.1
			end = &websocket.CloseError{Code: websocket.StatusInvalidFramePayloadData, Reason: "the text is not UTF-8"}
			_ = conn.Close(end.Code, end.Reason)
		}
		return kind, message, end, nil
	}
	if closed, ok := errors.AsType[websocket.CloseError](err); ok {
		return 0, nil, &closed, nil
	}
	if errors.Is(err, io.EOF) {
		return 0, nil, &websocket.CloseError{Code: websocket.StatusAbnormalClosure}, nil
	}
	if ctx.Err() != nil {
		return 0, nil, nil, err
	}
	end = &websocket.CloseError{Code: websocket.StatusProtocolError}
	switch {
	case errors.Is(err, websocket.ErrMessageTooBig):
		end.Code = websocket.StatusMessageTooBig
	case broken(err):
		end.Code = websocket.StatusAbnormalClosure
	}
	_ = conn.Close(websocket.StatusProtocolError, "") // for a frame without a mask: of others the client has been told, or it is gone
	return 0, nil, end, err
}

// broken reports whether an error is that of a connection, and not of what was sent on it.
func broken(err error) bool {
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrUnexpectedEOF)
}
