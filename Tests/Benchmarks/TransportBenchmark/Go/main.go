// One end of the echo benchmark with containerd's ttrpc; see ops/bench-transport.
//
//	bench server SOCKET
//	bench client SOCKET BYTES CALLERS SECONDS
//
// Messages are passed on as they are, so that neither side is charged for a codec.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/containerd/ttrpc"
)

type raw struct{ bytes []byte }

func (r *raw) Reset()                      { r.bytes = nil }
func (r *raw) String() string              { return "" }
func (r *raw) ProtoMessage()               {}
func (r *raw) Marshal() ([]byte, error)    { return r.bytes, nil }
func (r *raw) Unmarshal(data []byte) error { r.bytes = data; return nil }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	if os.Args[1] == "server" {
		serve(os.Args[2])
		return
	}
	size, err := strconv.Atoi(os.Args[3])
	check(err)
	callers, err := strconv.Atoi(os.Args[4])
	check(err)
	seconds, err := strconv.ParseFloat(os.Args[5], 64)
	check(err)
	measure(os.Args[2], size, callers, time.Duration(seconds*float64(time.Second)))
}

func serve(path string) {
	listener, err := net.Listen("unix", path)
	check(err)
	server, err := ttrpc.NewServer()
	check(err)
	server.Register("bench.Echo", map[string]ttrpc.Method{
		"Echo": func(_ context.Context, unmarshal func(interface{}) error) (interface{}, error) {
			message := &raw{}
			return message, unmarshal(message)
		},
	})
	fmt.Println("listening")
	check(server.Serve(context.Background(), listener))
}

func measure(path string, size, callers int, duration time.Duration) {
	connection, err := net.Dial("unix", path)
	check(err)
	client := ttrpc.NewClient(connection)
	payload := make([]byte, size)
	run := func(duration time.Duration) []time.Duration {
		var latencies []time.Duration
		end := time.Now().Add(duration)
		before := time.Now()
		for before.Before(end) {
			answer := &raw{}
			check(client.Call(context.Background(), "bench.Echo", "Echo", &raw{payload}, answer))
			if len(answer.bytes) != size {
				check(fmt.Errorf("%d bytes of %d", len(answer.bytes), size))
			}
			after := time.Now()
			latencies = append(latencies, after.Sub(before))
			before = after
		}
		return latencies
	}
	run(100 * time.Millisecond)
	start := time.Now()
	var all []time.Duration
	var lock sync.Mutex
	var group sync.WaitGroup
	for caller := 0; caller < callers; caller++ {
		group.Add(1)
		go func() {
			defer group.Done()
			latencies := run(duration)
			lock.Lock()
			all = append(all, latencies...)
			lock.Unlock()
		}()
	}
	group.Wait()
	elapsed := time.Since(start).Seconds()
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	at := func(quantile float64) float64 {
		return float64(all[int(float64(len(all)-1)*quantile)].Nanoseconds()) / 1000
	}
	fmt.Println(float64(len(all))/elapsed, at(0.5), at(0.99))
}
