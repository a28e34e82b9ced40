package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
)

// killHalfway does the job in a process of its own, and kills that when it has
// come to the half-way point. It returns how the process ended.
func (w *world) killHalfway(ctx context.Context, show func(event)) (*os.ProcessState, error) {
	w.gate.shut(w.passes)
	defer w.gate.open()
	p, err := spawn(ctx, w.job)
	if err != nil {
		return nil, fmt.Errorf("first run: %w", err)
	}
	err = w.watch(ctx, p, show)
	if killed := p.kill(); err == nil {
		err = killed
	}
	if err != nil {
		return nil, fmt.Errorf("first run (%s): %w", p.ProcessState, err)
	}
	return p.ProcessState, nil
}

// watch returns when the half-way point is reached.
func (w *world) watch(ctx context.Context, p *process, show func(event)) error {
	at := newPoint()
	for !at.reached() {
		select {
		case e, ok := <-p.events:
			if !ok {
				return errors.Join(ctx.Err(), errors.New("it ended before it could be killed"))
			}
			show(e)
			at.sees(e)
			if e.Error != "" {
				return errors.New(e.Error)
			}
			if e.Kind == unloaded && e.Table == flightsTable {
				at.wantFlights(w.half())
			}
		case r := <-w.gate.held:
			table, _ := owner(w.there(), r.Key)
			at.waits(table, r)
		}
	}
	return nil
}

// A process is this program, doing a job as a process of its own.
type process struct {
	*osexec.Cmd
	input  io.Closer  // held open; its end ends the process
	events chan event // closed when the process has ended
	done   chan struct{}
}

// spawn starts the process. It is killed when ctx ends. The job, with its
// secrets, goes through the pipe of its standard input.
func spawn(ctx context.Context, j job) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{Cmd: osexec.CommandContext(ctx, program), events: make(chan event), done: make(chan struct{})}
	p.Env = append(os.Environ(), childVariable+"=1")
	p.Stderr = os.Stderr
	input, err := p.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.Start(); err != nil {
		return nil, err
	}
	p.input = input
	go p.read(output)
	if err := json.NewEncoder(input).Encode(j); err != nil {
		return nil, errors.Join(err, p.kill())
	}
	return p, nil
}

// read passes events on until the process has ended or is no longer listened to.
func (p *process) read(output io.Reader) {
	defer close(p.events)
	decoder := json.NewDecoder(output)
	for {
		var e event
		if decoder.Decode(&e) != nil {
			return
		}
		select {
		case p.events <- e:
		case <-p.done:
		}
	}
}

// kill kills the process, with SIGKILL where there is such a thing, and waits
// for its end. That it was killed is no error.
func (p *process) kill() error {
	killed := p.Process.Kill()
	close(p.done)
	for range p.events { // what it still said
	}
	ended := p.Wait()
	_ = p.input.Close() // Wait has closed it
	var status *osexec.ExitError
	if killed == nil && errors.As(ended, &status) && !status.Exited() {
		return nil
	}
	return errors.Join(killed, ended)
}
