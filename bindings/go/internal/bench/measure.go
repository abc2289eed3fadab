package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// candidate is one way to do a work.
type candidate struct {
	work, what, role, unit string
	// count is how many units a run does.
	count int
	run   func()
}

// Roles: what is measured, what a user would otherwise pick, and what nothing can be faster than.
const (
	isOap   = "oap"
	isPeer  = "peer"
	isFloor = "floor"
)

const (
	rounds = 401
	// roundTime is how long a candidate runs in a round: long beside the clock's own time, short beside a time slice.
	roundTime = 50 * time.Microsecond
)

// result is a candidate's median.
type result struct {
	Language string  `json:"language"`
	Work     string  `json:"work"`
	What     string  `json:"what"`
	Role     string  `json:"role"`
	Unit     string  `json:"unit"`
	NS       float64 `json:"ns"`
}

// measure lets the candidates run in turn, round by round, so that what disturbs the machine disturbs all of them.
func measure(candidates []candidate) []result {
	times := make([][]float64, len(candidates))
	repeats := make([]int, len(candidates))
	for i := range candidates {
		repeats[i] = max(1, int(roundTime/max(1, timeOf(&candidates[i], 1))))
	}
	for range rounds {
		for i := range candidates {
			took := timeOf(&candidates[i], repeats[i])
			times[i] = append(times[i], float64(took)/float64(repeats[i]*candidates[i].count))
		}
	}
	results := make([]result, len(candidates))
	for i, c := range candidates {
		slices.Sort(times[i])
		results[i] = result{"go", c.work, c.what, c.role, c.unit, times[i][rounds/2]}
	}
	return results
}

func timeOf(c *candidate, repeats int) time.Duration {
	start := time.Now()
	for range repeats {
		c.run()
	}
	return time.Since(start)
}

// printTable is for people: each with its ratio to the first.
func printTable(out io.Writer, results []result) {
	for _, r := range results {
		fmt.Fprintf(out, "%-10s %-5s %-44s %9.2f ns a %-5s %6.2f ×\n", r.Work, r.Role, r.What, r.NS, r.Unit, r.NS/results[0].NS)
	}
	fmt.Fprintln(out)
}

// printLines is for programs: one JSON object a line.
func printLines(out io.Writer, results []result) {
	encoder := json.NewEncoder(out)
	for _, r := range results {
		r.NS = float64(int(r.NS*1000+0.5)) / 1000
		_ = encoder.Encode(r)
	}
}
