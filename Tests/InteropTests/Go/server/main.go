// Serves test.Echo with containerd's ttrpc server, which is not ours.
//
//	server SOCKET
//
// Prints "listening" when clients can connect, and stops when its input ends.
package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Raw is a message that is already encoded.
type Raw struct{ bytes []byte }

func (r *Raw) Reset()                   { r.bytes = nil }
func (r *Raw) String() string           { return hex.EncodeToString(r.bytes) }
func (r *Raw) ProtoMessage()            {}
func (r *Raw) Marshal() ([]byte, error) { return r.bytes, nil }
func (r *Raw) Unmarshal(data []byte) error {
	r.bytes = append([]byte(nil), data...)
	return nil
}

type handler func(context.Context, []byte) ([]byte, error)

func method(body handler) ttrpc.Method {
	return func(ctx context.Context, unmarshal func(interface{}) error) (interface{}, error) {
		request := &Raw{}
		if err := unmarshal(request); err != nil {
			return nil, err
		}
		answer, err := body(ctx, request.bytes)
		if err != nil {
			return nil, err
		}
		return &Raw{answer}, nil
	}
}

func number(request []byte) int {
	value, _ := strconv.Atoi(string(request))
	return value
}

func main() {
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	server, err := ttrpc.NewServer()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	server.Register("test.Echo", map[string]ttrpc.Method{
		"Echo": method(func(_ context.Context, request []byte) ([]byte, error) {
			return request, nil
		}),
		"Fail": method(func(_ context.Context, request []byte) ([]byte, error) {
			return nil, status.Error(codes.Code(number(request)), "asked to fail")
		}),
		"Grow": method(func(_ context.Context, request []byte) ([]byte, error) {
			return make([]byte, number(request)), nil
		}),
		"Wait": method(func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}),
		"Metadata": method(func(ctx context.Context, request []byte) ([]byte, error) {
			value, _ := ttrpc.GetMetadataValue(ctx, string(request))
			return []byte(value), nil
		}),
		"Exit": method(func(_ context.Context, _ []byte) ([]byte, error) {
			os.Exit(0)
			return nil, nil
		}),
	})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Println("listening")
	if err := server.Serve(context.Background(), listener); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
