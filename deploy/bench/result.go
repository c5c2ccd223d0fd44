package main

import (
	"fmt"
	"slices"
	"time"
)

// busySteal is the share of stolen processor time from which a figure counts as taken on a busy machine.
const busySteal = 0.05

// result is one line of the table.
type result struct {
	Name       string  `json:"name"`
	Callers    int     `json:"callers"`
	OpsPerS    float64 `json:"ops_per_s"`
	RawOpsPerS float64 `json:"raw_ops_per_s"`
	// RatioToRaw is the median of the ratios of neighbouring runs.
	RatioToRaw float64 `json:"ratio_to_raw"`
	P50        float64 `json:"p50_ms"`
	P95        float64 `json:"p95_ms"`
	P99        float64 `json:"p99_ms"`
	// CPU is the processor time of this process per operation; the stores' is not in it.
	CPU    float64 `json:"cpu_ms_per_op"`
	RawCPU float64 `json:"raw_cpu_ms_per_op"`
	// Steal is the percentage of the machine's processor time that its host gave to others.
	Steal float64 `json:"steal_percent"`
	// Loaded is the number of documents that were in the store before the run.
	Loaded int64 `json:"loaded"`
	// Busy says that the machine was busy with something else, so that the figures mean little: more ran than it has
	// processors before the benchmark began, or much was stolen.
	Busy bool `json:"busy"`
}

func summarize(name string, callers int, pairs [][2]sample) result {
	var rates, raw, ratios []float64
	var latencies []time.Duration
	var cpu [2]time.Duration
	var ops [2]int
	var busy processor
	for _, p := range pairs {
		rates, raw, ratios = append(rates, p[0].rate), append(raw, p[1].rate), append(ratios, p[0].rate/p[1].rate)
		latencies = append(latencies, p[0].latencies...)
		for i := range p {
			cpu[i] += p[i].cpu
			ops[i] += len(p[i].latencies)
			busy = busy.plus(p[i].busy)
		}
	}
	slices.Sort(latencies)
	return result{
		Name: name, Callers: callers, OpsPerS: median(rates), RawOpsPerS: median(raw), RatioToRaw: median(ratios),
		P50: quantile(latencies, 0.50), P95: quantile(latencies, 0.95), P99: quantile(latencies, 0.99),
		CPU: perOp(cpu[0], ops[0]), RawCPU: perOp(cpu[1], ops[1]), Steal: 100 * busy.stealShare(), Busy: busy.stealShare() > busySteal,
	}
}

func perOp(d time.Duration, ops int) float64 { return milliseconds(d) / float64(max(ops, 1)) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// quantile of sorted latencies, in milliseconds.
func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return milliseconds(sorted[min(int(q*float64(len(sorted))), len(sorted)-1)])
}

// add keeps a result and prints its line.
func (e *env) add(r result) {
	r.Busy = r.Busy || e.busy
	e.results = append(e.results, r)
	note := ""
	if r.Busy {
		note = "  machine is busy"
	}
	fmt.Fprintf(e.out, "%-16s %7d %9.0f %9.0f %6.2f %8.2f %8.2f %8.2f %8.3f %8.3f %6.1f%s\n", r.Name, r.Callers, r.OpsPerS, r.RawOpsPerS,
		r.RatioToRaw, r.P50, r.P95, r.P99, r.CPU, r.RawCPU, r.Steal, note)
}

// header prints the head of the table.
func (e *env) header() {
	fmt.Fprintf(e.out, "%-16s %7s %9s %9s %6s %8s %8s %8s %8s %8s %6s\n", "", "callers", "ops/s", "raw/s", "ratio", "p50 ms", "p95 ms",
		"p99 ms", "cpu ms", "raw cpu", "steal%")
}
