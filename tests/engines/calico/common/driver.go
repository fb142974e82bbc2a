// Package common is the driver around Calico's policy code, shared by the versions beside it.
//
// One world becomes: Kubernetes objects → Calico v3 objects (Calico's converter) → v1 model (Calico's syncer update processors) →
// one Felix calculation graph a node (behind Calico's validation filter) → what Felix sends its dataplane → verdicts.
// Only the last step is ours (evaluate.go); tables.go takes it a second time through the rules that Felix renders for iptables.
package common

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/sirupsen/logrus"
)

// World is a line of input. Unknown keys are ignored.
type World struct {
	ID      string            `json:"id"`
	Objects []json.RawMessage `json:"objects"`
	Options map[string]any    `json:"options"`
	Flows   []Flow            `json:"flows"`
}

// Flow is [source, destination, protocol, destination port].
type Flow struct {
	Source, Destination, Protocol string
	Port                          int
}

func (f *Flow) UnmarshalJSON(data []byte) error {
	fields := []any{&f.Source, &f.Destination, &f.Protocol, &f.Port}
	return json.Unmarshal(data, &fields)
}

// Answer is a line of output.
type Answer struct {
	ID       string      `json:"id"`
	Engine   string      `json:"engine"`
	Verdicts [][2]string `json:"verdicts"`
	Problems []Problem   `json:"problems"`
	Notes    []string    `json:"notes,omitempty"`
}

// Problem is an object that Calico refused or changed, in Calico's words.
type Problem struct {
	Object  string `json:"object"`
	Message string `json:"message"`
}

const (
	allow     = "allow"
	deny      = "deny"
	unpoliced = "-"
	unknown   = "?"
)

// Main answers worlds from stdin until it ends, one after the other: Felix keeps package-wide state that is not made for several at once.
func Main(engine string) {
	evaluator := flag.String("evaluator", "proto", "proto: own evaluator of Felix's rules; tables: walk of the rules Felix renders for "+
		"iptables; both: proto, and a note for each flow where they part")
	verbose := flag.Bool("verbose", false, "Calico's own log on stderr")
	dump := flag.Bool("dump", false, "what Felix sends its dataplane for each node, on stderr")
	flag.Parse()

	logrus.SetOutput(io.Discard)
	logrus.SetLevel(logrus.PanicLevel)
	if *verbose {
		logrus.SetOutput(os.Stderr)
		logrus.SetLevel(logrus.InfoLevel)
	}
	options := runOptions{evaluator: *evaluator, dump: *dump}
	if err := stream(os.Stdin, os.Stdout, func(line []byte) ([]byte, error) {
		var world World
		if err := json.Unmarshal(line, &world); err != nil {
			return nil, fmt.Errorf("world: %w", err)
		}
		return json.Marshal(answer(engine, &world, options))
	}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type runOptions struct {
	evaluator string
	dump      bool
}

// stream maps lines to lines.
func stream(in io.Reader, out io.Writer, do func([]byte) ([]byte, error)) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 1<<20), 1<<30)
	writer := bufio.NewWriterSize(out, 1<<20)
	for scanner.Scan() {
		if len(scanner.Bytes()) == 0 {
			continue
		}
		result, err := do(scanner.Bytes())
		if err != nil {
			writer.Flush()
			return err
		}
		writer.Write(append(result, '\n'))
	}
	if err := scanner.Err(); err != nil {
		return err
	}
	return writer.Flush()
}
