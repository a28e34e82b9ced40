package sim

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// spawn starts a runner, unless it has been started.
func (w *World) spawn(n int) {
	w.mu.Lock()
	if w.started[n] {
		w.mu.Unlock()
		return
	}
	w.started[n] = true
	w.mu.Unlock()
	w.runners.Go(func() { w.runner(n) })
}

// runner starts a program until it says that it is done. When it has used up its
// lives, nothing goes wrong any more; then it gets a few more, because what
// others left behind may still be in the way.
func (w *World) runner(n int) {
	disk := w.diskOf(n)
	for life := 1; ; life++ {
		calm := life > w.scenario.lives()
		if calm {
			w.calm()
		}
		p := w.newProcess(n, life, disk)
		p.Calm = calm
		err := w.live(p)
		if err == nil || life == w.scenario.lives()+calmLives {
			return
		}
		time.Sleep(time.Duration(w.pick(fmt.Sprint("restart ", p.name), int64(30*time.Second))))
	}
}

// calm ends all faults, those in wait included.
func (w *World) calm() {
	w.turnstile.setCalm()
	w.A.Warehouse.ClearFaults()
	w.B.Warehouse.ClearFaults()
}

// calmLives is how often a program is started when nothing goes wrong any more.
const calmLives = 3

// longest is how long one life may take. A program that waits longer hangs.
const longest = 48 * time.Hour

// live runs one life to its end. It does not wait for what a killed program
// still tries to do.
func (w *World) live(p *Process) error {
	ctx, cancel := context.WithTimeout(p.ctx, longest)
	result := make(chan error, 1)
	w.processes.Go(func() {
		defer cancel()
		err := w.scenario.Program(ctx, p)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			w.observer.hung(p)
		}
		if p.isDead() {
			err = errKilled // whatever it came to, nobody heard of it
		}
		w.observer.ended(p, err)
		p.end()
		result <- err
	})
	select {
	case err := <-result:
		return err
	case <-p.killed:
		return errKilled
	}
}
