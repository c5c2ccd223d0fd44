package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processor counts the machine's processor time, in ticks; zero where /proc/stat does not exist.
type processor struct{ total, steal int64 }

// readProcessor reads the first line of /proc/stat: user nice system idle iowait irq softirq steal.
func readProcessor() processor {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return processor{}
	}
	line, _, _ := strings.Cut(string(text), "\n")
	var p processor
	for i, field := range strings.Fields(line) {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil || i > 8 {
			continue
		}
		p.total += ticks
		if i == 8 {
			p.steal = ticks
		}
	}
	return p
}

func (p processor) since(before processor) processor {
	return processor{p.total - before.total, p.steal - before.steal}
}

func (p processor) plus(q processor) processor {
	return processor{p.total + q.total, p.steal + q.steal}
}

// stealShare is the part of the time that the host gave to others.
func (p processor) stealShare() float64 { return float64(p.steal) / float64(max(p.total, 1)) }

// busyAtStart tells whether more was running than the machine has processors, in the minute before the benchmark.
func busyAtStart() bool {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return false
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, err := strconv.ParseFloat(first, 64)
	return err == nil && load > float64(runtime.NumCPU())
}

// ownCPU is the processor time this process has used.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
