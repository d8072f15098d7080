// The load generator: reads a load.Spec as JSON, runs it, and writes the load.Result.
package main

import (
	"encoding/json"
	"log"
	"os"
	"runtime"

	"github.com/hawser-go/hawser/bench/internal/load"
)

func main() {
	var spec load.Spec
	if err := json.NewDecoder(os.Stdin).Decode(&spec); err != nil {
		log.Fatal(err)
	}
	runtime.GOMAXPROCS(spec.Threads + 2) // threads that wait in epoll must not keep the pace from being kept
	if err := json.NewEncoder(os.Stdout).Encode(load.Run(spec)); err != nil {
		log.Fatal(err)
	}
}
