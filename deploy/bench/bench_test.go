package main

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"
)

func TestStoresOfThisMachineAreFoundByTheirPorts(t *testing.T) {
	for uri, want := range map[string][]int{
		"mongodb://127.0.0.1:27117/":                        {27117},
		"mongodb://user:p%40ss@localhost:1,[::1]:2/db?w=1":  {1, 2},
		"redis://127.0.0.1:26379/0":                         {26379},
		"mongodb://db.example.org:27017,127.0.0.1:27018/":   {27018},
		"mongodb+srv://cluster.example.org/?retryWrites=no": nil,
		"": nil,
	} {
		if got := localPorts(uri); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", uri, got, want)
		}
	}
}

func TestProcessorTimeOfAProcessIsRead(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Log("this system has no /proc: everything counts as 0")
		if used := usedByTrees([]int{os.Getpid()}); used != 0 {
			t.Fatalf("got %s", used)
		}
		return
	}
	p, ok := readProcess(os.Getpid())
	if !ok || p.parent != os.Getppid() {
		t.Fatalf("got %+v, %v; the parent is %d", p, ok, os.Getppid())
	}
	if used := usedByTrees([]int{os.Getppid()}); used < p.used {
		t.Fatalf("the parent's tree used %s, its child %s", used, p.used)
	}
}

func TestLoadsAreAList(t *testing.T) {
	var l loads
	if err := l.Set("1000, 1000000"); err != nil || l.String() != "1000,1000000" {
		t.Fatalf("got %v, %v", &l, err)
	}
	if err := l.Set("many"); err == nil {
		t.Fatal("accepted a word")
	}
}

func TestResultsHaveTheNamesThatOthersRead(t *testing.T) {
	ms := time.Millisecond
	pair := [2]sample{
		{rate: 50, latencies: []time.Duration{ms, 3 * ms}, cpu: 2 * ms, others: usage{service: 4 * ms, stores: 6 * ms}},
		{rate: 100, latencies: []time.Duration{2 * ms}, others: usage{stores: 5 * ms}},
	}
	text, err := json.Marshal(summarize("issue_reward/spread", 8, [][2]sample{pair}))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"name": "issue_reward/spread", "callers": 8.0, "loaded": 0.0, "ops_per_s": 50.0, "raw_ops_per_s": 100.0, "ratio_to_raw": 0.5,
		"p50_ms": 3.0, "p95_ms": 3.0, "p99_ms": 3.0, "raw_p50_ms": 2.0, "cpu_ms_per_op": 1.0, "cpu_ms_service": 2.0,
		"cpu_ms_stores": 3.0, "raw_cpu_ms_stores": 5.0, "steal_percent": 0.0,
	} {
		if got[name] != want {
			t.Errorf("%s: got %v, want %v", name, got[name], want)
		}
	}
}
