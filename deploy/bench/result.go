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
	RawP50     float64 `json:"raw_p50_ms"`
	RawP95     float64 `json:"raw_p95_ms"`
	RawP99     float64 `json:"raw_p99_ms"`
	// CPU is the processor time of this process per operation. It is the caller's only, where a service works in a process
	// of its own.
	CPU    float64 `json:"cpu_ms_per_op"`
	RawCPU float64 `json:"raw_cpu_ms_per_op"`
	// CPUService is that of the service's process; 0 where there is none.
	CPUService float64 `json:"cpu_ms_service"`
	// CPUStores is that of the stores, for whomever they worked meanwhile; 0 when they are not on this machine.
	CPUStores    float64 `json:"cpu_ms_stores"`
	RawCPUStores float64 `json:"raw_cpu_ms_stores"`
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
	var latencies [2][]time.Duration
	var cpu [2]time.Duration
	var others [2]usage
	var ops [2]int
	var busy processor
	for _, p := range pairs {
		rates, raw, ratios = append(rates, p[0].rate), append(raw, p[1].rate), append(ratios, p[0].rate/p[1].rate)
		for i := range p {
			latencies[i] = append(latencies[i], p[i].latencies...)
			cpu[i] += p[i].cpu
			others[i] = others[i].plus(p[i].others)
			ops[i] += len(p[i].latencies)
			busy = busy.plus(p[i].busy)
		}
	}
	slices.Sort(latencies[0])
	slices.Sort(latencies[1])
	return result{
		Name: name, Callers: callers, OpsPerS: median(rates), RawOpsPerS: median(raw), RatioToRaw: median(ratios),
		P50: quantile(latencies[0], 0.50), P95: quantile(latencies[0], 0.95), P99: quantile(latencies[0], 0.99),
		RawP50: quantile(latencies[1], 0.50), RawP95: quantile(latencies[1], 0.95), RawP99: quantile(latencies[1], 0.99),
		CPU: perOp(cpu[0], ops[0]), RawCPU: perOp(cpu[1], ops[1]), CPUService: perOp(others[0].service, ops[0]),
		CPUStores: perOp(others[0].stores, ops[0]), RawCPUStores: perOp(others[1].stores, ops[1]),
		Steal: 100 * busy.stealShare(), Busy: busy.stealShare() > busySteal,
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
	fmt.Fprintf(e.out, "%-24s %7d %7d %7.0f %7.0f %6.2f %7.2f %7.2f %7.2f %7.2f %7.2f %7.2f %7.3f %7.3f %7.3f %7.3f %7.3f %6.1f%s\n",
		r.Name, r.Loaded, r.Callers, r.OpsPerS, r.RawOpsPerS, r.RatioToRaw, r.P50, r.P95, r.P99, r.RawP50, r.RawP95, r.RawP99,
		r.CPU, r.RawCPU, r.CPUService, r.CPUStores, r.RawCPUStores, r.Steal, note)
}

// header prints the head of the table: rates, latencies of both sides, and processor milliseconds per operation of this
// process, of the service and of the stores.
func (e *env) header() {
	fmt.Fprintf(e.out, "%-24s %7s %7s %7s %7s %6s %7s %7s %7s %7s %7s %7s %7s %7s %7s %7s %7s %6s\n", "", "loaded", "callers", "ops/s", "raw/s",
		"ratio", "p50 ms", "p95 ms", "p99 ms", "raw p50", "raw p95", "raw p99", "cpu", "raw cpu", "service", "stores", "raw st.", "steal%")
}
