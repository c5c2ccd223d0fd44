package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// profiling takes processor profiles of wallets while they are measured. A nil one takes none.
type profiling struct {
	prefix string
	ended  []chan error
}

// profile returns nil unless the flag asks for profiles.
func (w *walletBench) profile(s scenario, callers int) *profiling {
	if w.profiles == "" {
		return nil
	}
	return &profiling{prefix: filepath.Join(w.profiles, fmt.Sprintf("%s-%d", s.name, callers))}
}

// watch profiles the wallet of a ledger for as long as a measurement takes.
func (p *profiling) watch(ctx context.Context, l *ledger, d time.Duration) {
	if p == nil {
		return
	}
	ended := make(chan error, 1)
	p.ended = append(p.ended, ended)
	path := fmt.Sprintf("%s-%d.pprof", p.prefix, l.loaded)
	url := fmt.Sprintf("http://%s/profile?seconds=%d", l.service.profiles, max(int(d.Seconds()), 1))
	go func() { ended <- fetch(ctx, url, path) }()
}

// wait returns when all profiles are written.
func (p *profiling) wait() error {
	if p == nil {
		return nil
	}
	var problems []error
	for _, ended := range p.ended {
		problems = append(problems, <-ended)
	}
	return errors.Join(problems...)
}

// fetch stores what a URL answers.
func fetch(ctx context.Context, url, path string) (err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, answer.Status)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, answer.Body)
	return errors.Join(err, file.Close())
}
