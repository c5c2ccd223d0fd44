package main

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// usage is the processor time that others have used on behalf of this process.
type usage struct {
	service time.Duration // of the service under test, 0 where there is none
	stores  time.Duration // of the store's processes on this machine, 0 when they are elsewhere
}

func (u usage) since(before usage) usage {
	return usage{u.service - before.service, u.stores - before.stores}
}

func (u usage) plus(v usage) usage { return usage{u.service + v.service, u.stores + v.stores} }

// tick is the unit of processor times in /proc: USER_HZ, which is 100 on every Linux machine.
const tick = 10 * time.Millisecond

// process is what /proc/<pid>/stat says of a process.
type process struct {
	parent int
	used   time.Duration // by itself and by its children that ended
}

// readProcess returns nothing for a process that is gone, and where there is no /proc.
func readProcess(pid int) (process, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, false
	}
	// The name, in brackets, may hold anything. After it: state ppid … and from the 12th field on utime stime cutime cstime.
	_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 15 {
		return process{}, false
	}
	var p process
	if p.parent, err = strconv.Atoi(fields[1]); err != nil {
		return process{}, false
	}
	for _, field := range fields[11:15] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return process{}, false
		}
		p.used += time.Duration(ticks) * tick
	}
	return p, true
}

// pids lists the processes of this machine.
func pids() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var list []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			list = append(list, pid)
		}
	}
	return list
}

// usedByTrees is the processor time of processes and all their descendants.
func usedByTrees(roots []int) time.Duration {
	if len(roots) == 0 {
		return 0
	}
	all := map[int]process{}
	for _, pid := range pids() {
		if p, ok := readProcess(pid); ok {
			all[pid] = p
		}
	}
	var sum time.Duration
	for pid, p := range all {
		for at := pid; at != 0; at = all[at].parent {
			if slices.Contains(roots, at) {
				sum += p.used
				break
			}
		}
	}
	return sum
}

// storeProcesses finds the processes that listen on the ports of URIs of this machine, and those that they are connected to
// (a gateway's database). It finds none where there is no /proc.
func storeProcesses(uris ...string) []int {
	sockets := readSockets()
	var roots []int
	add := func(port int) {
		for _, s := range sockets {
			if s.listens && s.local == port && s.pid != 0 && !slices.Contains(roots, s.pid) {
				roots = append(roots, s.pid)
			}
		}
	}
	for _, uri := range uris {
		for _, port := range localPorts(uri) {
			add(port)
		}
	}
	for _, pid := range slices.Clone(roots) {
		for _, s := range sockets {
			if s.pid == pid && !s.listens {
				add(s.remote)
			}
		}
	}
	return roots
}

// localPorts returns the ports of the addresses in a URI that are on this machine.
func localPorts(uri string) []int {
	_, rest, _ := strings.Cut(uri, "://")
	hosts, _, _ := strings.Cut(rest, "/")
	var ports []int
	for address := range strings.SplitSeq(hosts[strings.LastIndex(hosts, "@")+1:], ",") {
		host, port, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && !ip.IsLoopback() {
			continue
		}
		if n, err := strconv.Atoi(port); err == nil {
			ports = append(ports, n)
		}
	}
	return ports
}

// socket is a TCP socket of this machine and the process that has it.
type socket struct {
	local, remote int
	listens       bool
	pid           int
}

func readSockets() map[string]socket {
	sockets := map[string]socket{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
			if f := strings.Fields(line); len(f) > 9 && f[0] != "sl" {
				sockets["socket:["+f[9]+"]"] = socket{local: hexPort(f[1]), remote: hexPort(f[2]), listens: f[3] == "0A"}
			}
		}
	}
	for _, pid := range pids() {
		descriptors, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "fd", "*"))
		if err != nil {
			continue
		}
		for _, d := range descriptors {
			name, err := os.Readlink(d)
			if s, ok := sockets[name]; ok && err == nil && s.pid == 0 {
				s.pid = pid
				sockets[name] = s
			}
		}
	}
	return sockets
}

func hexPort(address string) int {
	_, port, _ := strings.Cut(address, ":")
	n, err := strconv.ParseInt(port, 16, 32)
	if err != nil {
		return 0
	}
	return int(n)
}
