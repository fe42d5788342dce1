// Calls one method of a ttrpc server with containerd's client, which is not ours.
//
//	client [flags] SOCKET SERVICE METHOD REQUEST-HEX
//
// Prints "ok HEX", or "error CODE MESSAGE" where the code is 0 for an error without a status, such
// as the client's own deadline. With -echo COUNT it makes COUNT calls on each of -callers
// goroutines, checks that each answer is its request, and prints "ok COUNT".
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/containerd/ttrpc"
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

func main() {
	timeout := flag.Duration("timeout", 0, "deadline of each call; 0 means none")
	metadata := flag.String("metadata", "", "KEY=VALUE sent with each call")
	repeated := flag.Int("repeat", 0, "send a request of this many bytes instead of REQUEST-HEX")
	echo := flag.Int("echo", 0, "calls of each caller, whose answers must be their requests")
	callers := flag.Int("callers", 1, "goroutines that call")
	flag.Parse()
	if flag.NArg() != 4 {
		fmt.Fprintln(os.Stderr, "usage: client [flags] SOCKET SERVICE METHOD REQUEST-HEX")
		os.Exit(2)
	}
	request, err := hex.DecodeString(flag.Arg(3))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if *repeated > 0 {
		request = bytes.Repeat([]byte{7}, *repeated)
	}
	connection, err := net.Dial("unix", flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	client := ttrpc.NewClient(connection)
	call := func(request []byte) ([]byte, error) {
		ctx := context.Background()
		if *metadata != "" {
			pair := strings.SplitN(*metadata, "=", 2)
			ctx = ttrpc.WithMetadata(ctx, ttrpc.MD{pair[0]: []string{pair[1]}})
		}
		if *timeout != 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, *timeout)
			defer cancel()
		}
		answer := &Raw{}
		err := client.Call(ctx, flag.Arg(1), flag.Arg(2), &Raw{request}, answer)
		return answer.bytes, err
	}
	if *echo > 0 {
		repeat(*callers, *echo, request, call)
		return
	}
	started := time.Now()
	answer, err := call(request)
	if err != nil {
		code := status.Code(err)
		if _, hasStatus := status.FromError(err); !hasStatus {
			code = 0
		}
		fmt.Printf("error %d %s\n", code, err)
		// The connection must have outlived the failure.
		if time.Since(started) < *timeout || *timeout == 0 {
			_, err = call([]byte{})
			if err != nil && strings.Contains(err.Error(), "closed") {
				fmt.Println("connection lost")
				os.Exit(1)
			}
		}
		return
	}
	fmt.Printf("ok %s\n", hex.EncodeToString(answer))
}

func repeat(callers, count int, request []byte, call func([]byte) ([]byte, error)) {
	failures := make(chan error, callers)
	for caller := 0; caller < callers; caller++ {
		go func(caller int) {
			for index := 0; index < count; index++ {
				sent := append([]byte(fmt.Sprintf("%d/%d", caller, index)), request...)
				answer, err := call(sent)
				if err == nil && !bytes.Equal(answer, sent) {
					err = fmt.Errorf("%d bytes came back for %d", len(answer), len(sent))
				}
				if err != nil {
					failures <- err
					return
				}
			}
			failures <- nil
		}(caller)
	}
	for caller := 0; caller < callers; caller++ {
		if err := <-failures; err != nil {
			fmt.Println("error 0", err)
			os.Exit(1)
		}
	}
	fmt.Printf("ok %d\n", callers*count)
}
